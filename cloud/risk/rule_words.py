"""A rule and what it has seen, as sentences: the texts of the library filled with a finding's facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foundation.texts import Language, load_texts

CODED = frozenset({"alarm", "carrier", "category", "indicator"})
"""Facts that hold a code, told by its word `risk.word.<code>`; elsewhere the same letters may be somebody's name."""


def name_of(rule_id: str, language: Language) -> str:
    return load_texts()(f"risk.rule.{rule_id}.name", language)


def advice_of(rule_id: str, language: Language) -> str:
    return load_texts()(f"risk.rule.{rule_id}.advice", language)


def finding_of(rule_id: str, subject: str, data: Mapping[str, Any], language: Language) -> str:
    """What was seen, with its numbers and the limit; `subject` is the name that people know it by."""
    facts = {name: fact(name, value, language) for name, value in data.items()}
    return load_texts()(f"risk.rule.{rule_id}.finding", language, **{**facts, "subject": subject})


def fact(name: str, value: object, language: Language) -> object:
    """A fact as people read it: grouped digits, at most one decimal; a code of `CODED` by its word."""
    if name in CODED:
        return word_of(value, language)
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


def word_of(code: object, language: Language) -> str:
    """The word for a code, the code itself when it has none."""
    key = f"risk.word.{code}"
    return load_texts()(key, language) if key in load_texts() else str(code)
