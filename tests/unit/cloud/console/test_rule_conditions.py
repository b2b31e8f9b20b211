"""Each rule says what it tests, with its own limits, and each fact of a finding has a name."""

from __future__ import annotations

import pytest

from cloud.console.rule_conditions import condition_of, limits_of
from cloud.risk.library import load_library
from foundation.texts import LANGUAGES, Language, load_texts

RULES = [rule.rule_id for rule in load_library().all()]


@pytest.mark.parametrize("rule_id", RULES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_the_library_says_what_it_tests(rule_id: str, language: Language) -> None:
    assert f"risk.test.{rule_id}" in load_texts()
    sentence = condition_of(rule_id, language)
    assert "?" not in sentence
    assert "{" not in sentence


def test_a_condition_is_told_with_the_limits_that_the_rule_uses() -> None:
    assert "连续 3 夜" in condition_of("E06", "zh-CN")
    assert "20 L/h" in condition_of("E06", "en")
    assert "110 %" in condition_of("V10", "en")
    assert "from 0 to 5 h is above 35 %" in condition_of("E01", "en")


def test_an_unknown_rule_has_no_limits() -> None:
    assert limits_of("Z99") == {}


def test_every_fact_that_a_finding_tells_has_a_name() -> None:
    texts = load_texts()
    told = {name for rule_id in RULES for name in _placeholders(f"risk.rule.{rule_id}.finding")} - {"subject"}
    assert len(told) > 50
    assert sorted(name for name in told if f"risk.fact.{name}" not in texts) == []


def _placeholders(key: str) -> set[str]:
    """Names of what a text leaves open, found by filling in their own names."""
    named = _Names()
    load_texts()._entries[key]["en"].format_map(named)
    return named.asked


class _Names(dict[str, str]):
    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __missing__(self, key: str) -> str:
        self.asked.add(key)
        return key
