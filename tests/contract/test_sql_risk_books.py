"""What the books of the risk centre promise: alarms, the register, lessons and approvals, the superior's inbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cloud.core.event import Severity
from cloud.desks.books import Books
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.case_file import CaseFile, CaseFileState
from cloud.risk.ports import Lesson
from cloud.risk.risk import Escalation, Label, Risk, RiskStatus, Treatment
from cloud.risk.rule import TreatmentKind
from foundation.errors import DomainError
from tests.support.risk_rules import NOW_MS, an_event

ALARM = Alarm(
    alarm_id="a-1",
    institution_id="office",
    rule_id="E06",
    department="real_estate",
    subject="building:a",
    severity=Severity.ORANGE,
    state=AlarmState.UNACKNOWLEDGED,
    active=True,
    opened_ms=NOW_MS,
    last_seen_ms=NOW_MS,
    event_ids=("e-1", "e-2"),
    announced_ms=NOW_MS,
    transitions_ms=(NOW_MS,),
    holding={"b-1": NOW_MS},
)
RISK = Risk(
    risk_id="r-1",
    institution_id="office",
    rule_id="E06",
    department="real_estate",
    subject="building:a",
    likelihood=4,
    consequence=4,
    colour=Severity.RED,
    status=RiskStatus.OPEN,
    opened_ms=NOW_MS,
    due_ms=NOW_MS + 1,
    opened_by_event="e-1",
    data={"night_l_h": 12.5, "nights": 3},
    alarm_ids=("a-1",),
    treatments=(Treatment(TreatmentKind.REQUEST, NOW_MS, "system", note="repair"),),
    escalations=(Escalation(NOW_MS, 1, "dispatcher", "unanswered"),),
    wants_joint_case=True,
)
FILE = CaseFile("c-1", "office", "city", "r-1", NOW_MS, '{"risk_id":"r-1"}', "00", "11")


def test_alarms_come_back_as_saved_within_their_scope(ports: Books) -> None:
    book = ports.risk.alarms
    closed = replace(ALARM, alarm_id="a-2", state=AlarmState.CLOSED, active=False, opened_ms=NOW_MS + 1)
    other = replace(ALARM, alarm_id="a-3", institution_id="school", opened_ms=NOW_MS + 2)
    for alarm in (ALARM, closed, other):
        book.save(alarm)
    assert (book.find("a-1"), book.find("a-9")) == (ALARM, None)
    assert book.open_alarms({"office"}) == [ALARM]
    assert book.open_alarms() == [ALARM, other]
    assert book.open_alarms(set()) == []
    assert book.alarms({"office", "school"}) == [other, closed, ALARM]
    assert book.alarms({"office"}, start_ms=NOW_MS + 1) == [closed]
    assert book.alarms({"office"}, end_ms=NOW_MS + 1) == [ALARM]
    assert book.alarms({"office"}, limit=1) == [closed]


def test_risks_come_back_as_saved_within_their_scope(ports: Books) -> None:
    book = ports.risk.register
    closed = replace(RISK, risk_id="r-2", status=RiskStatus.CLOSED, label=Label.TRUE, opened_ms=NOW_MS + 1)
    other = replace(RISK, risk_id="r-3", institution_id="school", status=RiskStatus.HANDLED, opened_ms=NOW_MS + 2)
    for risk in (RISK, closed, other):
        book.save(risk)
    assert (book.find("r-1"), book.find("r-9")) == (RISK, None)
    assert book.open_risks() == [RISK, other]
    assert book.open_risks({"office"}) == [RISK]
    assert book.risks({"office", "school"}, start_ms=NOW_MS + 1) == [other, closed]
    assert book.risks({"office", "school"}, end_ms=NOW_MS + 2, limit=1) == [closed]
    assert book.risks(set()) == []


def test_a_change_meets_the_newest_value_whatever_others_do(ports: Books) -> None:
    book = ports.risk.alarms
    book.save(ALARM)

    def one_more(_: int) -> None:
        book.change("a-1", lambda alarm: replace(alarm, count=alarm.count + 1))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(one_more, range(24)))
    found = book.find("a-1")
    assert found is not None
    assert found.count == ALARM.count + 24


def test_a_change_that_is_refused_leaves_the_book_as_it_was(ports: Books) -> None:
    books = ports.risk
    books.alarms.save(ALARM)
    books.register.save(RISK)
    books.inbox.save(FILE)

    def refuse(_: object) -> None:
        raise DomainError("error.already_decided", 409)

    for change, key in ((books.alarms.change, "a-1"), (books.register.change, "r-1"), (books.inbox.change, "c-1")):
        with pytest.raises(DomainError, match="already_decided"):
            change(key, refuse)
        with pytest.raises(DomainError, match="not_found"):
            change("none", lambda one: one)
    assert (books.alarms.find("a-1"), books.register.find("r-1"), books.inbox.find("c-1")) == (ALARM, RISK, FILE)


def test_a_later_lesson_about_a_risk_replaces_the_earlier(ports: Books) -> None:
    book = ports.risk.rules
    first = Lesson("office", "E06", "r-1", Label.UNKNOWN, "li", 1)
    later = replace(first, label=Label.TRUE, by="wang", at_ms=3)
    other, elsewhere = (
        replace(first, rule_id="S01", risk_id="r-2", at_ms=2),
        replace(first, institution_id="school", risk_id="r-3"),
    )
    for lesson in (first, later, other, elsewhere):
        book.learn(lesson)
    assert book.lessons({"office"}) == [other, later]
    assert book.lessons({"office"}, "E06") == [later]
    assert book.lessons({"office", "school"}, "E06") == [elsewhere, later]
    assert book.lessons(set()) == []


def test_an_approval_is_of_one_rule_at_one_institution(ports: Books) -> None:
    book = ports.risk.rules
    assert book.approved_rules("office") == {}
    book.approve("office", "V01", "li", 1)
    book.approve("school", "V04", "chen", 1)
    assert book.approved_rules("office") == {"V01": "li"}
    book.approve("office", "V01", "wang", 2)
    assert book.approved_rules("office") == {"V01": "wang"}


def test_case_files_are_found_from_both_ends(ports: Books) -> None:
    book = ports.risk.inbox
    later = replace(FILE, case_file_id="c-2", institution_id="school", sent_ms=NOW_MS + 1)
    other = replace(FILE, case_file_id="c-3", superior_id="province", sent_ms=NOW_MS + 2)
    for file in (FILE, later, other):
        book.save(file)
    assert book.of_superior({"city"}) == [later, FILE]
    assert book.of_institution({"office"}) == [other, FILE]
    assert (book.of_superior(set()), book.of_institution(set())) == ([], [])
    answered = book.change("c-1", lambda one: replace(one, state=CaseFileState.ORDERED, answer="修复"))
    assert book.find("c-1") == answered
    assert answered.answer == "修复"


def test_events_are_found_by_their_ids_in_the_order_of_the_log(ports: Books) -> None:
    events = [an_event("energy.x", event_id=f"e-{number}") for number in range(600)]
    ports.event_log.append(events)
    found = ports.event_log.find([*(event.event_id for event in reversed(events)), "e-none"])
    assert [one.event for one in found] == events
    assert ports.event_log.find([]) == []
