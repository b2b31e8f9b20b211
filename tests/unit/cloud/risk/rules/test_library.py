"""The library as a whole: every rule complete, in both languages, and all eight departments watched."""

from __future__ import annotations

import string

import pytest

from cloud.core.department import load_departments
from cloud.core.plugins import load_plugins
from cloud.risk.alarm_life import clearing_kind
from cloud.risk.rule import Rule, TreatmentKind
from cloud.risk.rule_words import advice_of, fact, finding_of, name_of
from foundation.texts import LANGUAGES, Language, load_texts
from tests.support.office_books import OfficeBooks

RULES = load_plugins("cloud.risk.rules", "RULE", Rule)
RESTRICTED = {"R01", "R02", "S02", "V01", "V04"}
SERVICES = {"repair", "meeting_room", "vehicle", "visitor", "public_request", "suggestion"}
LISTENING = {"E10", "G02", "I04", "I05", "S01", "S02", "V02", "V10"}

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.rule_id)


@every_rule
@pytest.mark.parametrize("part", ["name", "finding", "advice"])
def test_a_rule_has_its_texts(rule: Rule, part: str) -> None:
    assert f"risk.rule.{rule.rule_id}.{part}" in load_texts()


@every_rule
def test_a_rule_s_events_have_sentences_or_are_told_by_those_who_log_them(rule: Rule) -> None:
    if rule.examine is not None:
        assert f"event.{rule.kind}" in load_texts()
        assert f"event.{clearing_kind(rule)}" in load_texts()


def test_no_text_is_kept_of_a_rule_that_is_gone() -> None:
    keys = [key.split(".") for key in load_texts().keys()]  # noqa: SIM118
    told = {key[2] for key in keys if key[:2] == ["risk", "rule"] and len(key) == 4}
    assert told <= {rule.rule_id for rule in RULES.values()}


def test_ids_and_kinds_are_unique() -> None:
    assert len({rule.rule_id for rule in RULES.values()}) == len(RULES)
    assert len({rule.kind for rule in RULES.values()}) == len(RULES)


@every_rule
def test_a_rule_s_file_is_named_after_what_it_watches(rule: Rule) -> None:
    module = next(name for name, one in RULES.items() if one is rule)
    assert rule.kind.split(".")[1] == module


def test_all_eight_departments_are_watched() -> None:
    departments = load_departments()
    answering = {departments.answering(rule.kind) for rule in RULES.values()}
    assert answering == {manifest.id for manifest in departments.all()}
    assert len(answering) == 8
    assert len(RULES) >= 12


def test_rules_about_persons_are_restricted() -> None:
    assert {rule.rule_id for rule in RULES.values() if rule.is_restricted} == RESTRICTED


def test_rules_without_an_examination_listen_to_what_others_log() -> None:
    assert {rule.rule_id for rule in RULES.values() if rule.examine is None} == LISTENING


@every_rule
def test_a_rule_stays_on_its_scales(rule: Rule) -> None:
    assert 1 <= rule.consequence <= 5
    assert rule.due_h > 0
    assert rule.on_delay_s >= 0
    assert rule.off_delay_s >= 0
    assert rule.basis
    assert rule.confidence in {"verified", "secondary", "remembered"}


@every_rule
def test_a_request_names_a_service_and_nothing_else_does(rule: Rule) -> None:
    if rule.playbook.kind is TreatmentKind.REQUEST:
        assert rule.playbook.service in SERVICES
    else:
        assert rule.playbook.service is None


@every_rule
def test_no_playbook_touches_equipment_but_the_thresholds_own(rule: Rule) -> None:
    assert (rule.playbook.kind is TreatmentKind.SET_POINT) == (rule.rule_id == "E10")


@every_rule
def test_over_empty_books_a_rule_sees_nothing(rule: Rule, books: OfficeBooks) -> None:
    if rule.examine is not None:
        assert books.examine(rule) == []


def test_facts_are_told_grouped_and_codes_by_their_words() -> None:
    data = {"carrier": "water", "month": "2026-08", "quantity": 1234.5, "quantity_before": 900.0, "unit": "m3",
            "change_percent": 37.2, "limit_percent": 25}  # fmt: skip
    assert "1,234.5 m3 of water in 2026-08, a year before 900 m3" in finding_of("E03", "A", data, "en")
    assert "水用量 1,234.5 m3" in finding_of("E03", "甲", data, "zh-CN")
    assert (fact("category", "unheard_of", "en"), fact("title", "water", "en")) == ("unheard_of", "water")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_and_advice_is_a_whole_text(language: Language) -> None:
    for rule in RULES.values():
        for words in (name_of(rule.rule_id, language), advice_of(rule.rule_id, language)):
            assert not [name for _, name, _, _ in string.Formatter().parse(words) if name]
