"""Sentences of a report in both languages at once: a report is worked out once and read in either."""

from __future__ import annotations

from collections.abc import Mapping

from foundation.texts import LANGUAGES, Language, load_texts

Words = Mapping[Language, str]
"""What a person reads, by language."""


def say(key: str, **facts: object) -> Words:
    """The text of `key`; facts that are Words themselves are taken in the language of the sentence."""
    texts = load_texts()
    return {
        language: texts(key, language, **{name: _spoken(fact, language) for name, fact in facts.items()})
        for language in LANGUAGES
    }


def same(text: str) -> Words:
    """Something written alike in every language: a code, a name of a standard."""
    return dict.fromkeys(LANGUAGES, text)


def named(family: str, code: str, suffix: str = "") -> Words:
    """The text `<family>.<code><suffix>`; a code that somebody has made up reads as itself."""
    key = f"{family}.{code}{suffix}"
    return say(key) if key in load_texts() else same(code)


def _spoken(fact: object, language: Language) -> object:
    return fact[language] if isinstance(fact, Mapping) else fact
