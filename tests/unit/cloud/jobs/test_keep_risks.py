"""The register: from alarm to risk, through treatment and escalation, to handled; and the issued outlook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.core.event import Severity
from cloud.core.threshold import Breach
from cloud.risk.alarm_life import acknowledge
from cloud.risk.case_document import is_genuine
from cloud.risk.feedback import label_risk, request_done, request_opened, request_refused
from cloud.risk.prediction import SETTING, Prediction
from cloud.risk.risk import Label, RiskStatus
from cloud.risk.treatment import wanted_request
from tests.support.cloud_world import SEALING_KEY, cloud_world
from tests.support.risk_rules import FIRE, LIMIT, PUMP, SPEED, TRIP
from tests.support.risk_side import RiskSide

R = RiskStatus
MIN_S, HOUR_S, DAY_S = 60, 3_600, 86_400


@pytest.fixture
def side(tmp_path: Path) -> Iterator[RiskSide]:
    with cloud_world(tmp_path) as world:
        made = RiskSide(world)
        made.run()
        yield made


def answer(side: RiskSide) -> None:
    """Somebody acknowledges all that waits."""
    now_ms = side.now_ms
    for alarm in side.alarms():
        if alarm.is_waiting:
            side.world.services.risk.alarms.change(alarm.alarm_id, lambda one: acknowledge(one, "li", now_ms))


def levels(side: RiskSide) -> list[tuple[int, str, str]]:
    [risk] = side.risks()
    return [(one.level, one.to, one.reason) for one in risk.escalations]


def test_an_alarm_becomes_a_risk_of_its_department_with_facts_and_first_steps(side: RiskSide) -> None:
    event = side.tell(PUMP.kind, data={"flow": 12.5})
    side.run()
    [risk], [alarm] = side.risks(), side.alarms()
    assert (risk.department, risk.subject, risk.rule_id) == ("real_estate", "device:pump-1", "T01")
    assert (risk.status, risk.data, risk.opened_by_event) == (R.OPEN, {"flow": 12.5}, event.event_id)
    # Gamma(2, 4 weeks) and one event: 3 / 4 a week, so 3.3 a month.
    assert (risk.likelihood, risk.consequence, risk.colour) == (4, 3, Severity.ORANGE)
    assert risk.due_ms - risk.opened_ms == 72 * HOUR_S * 1000
    assert alarm.risk_id == risk.risk_id
    wanted = wanted_request(risk)
    assert wanted is not None
    assert wanted.note == "repair"


def test_repeated_alarms_of_a_pair_attach_to_the_open_risk(side: RiskSide) -> None:
    for _ in range(3):
        side.tell(PUMP.kind)
        side.run()
        answer(side)
        side.tell(PUMP.clears or "")
        side.pass_time(MIN_S)
        side.tell(SPEED.kind, subject="vehicle:car-1")
        side.run()
    of_pump = [one for one in side.risks() if one.rule_id == "T01"]
    assert [len(one.alarm_ids) for one in of_pump] == [3]
    assert len(side.alarms()) == 6


def test_a_done_request_handles_the_risk_and_a_label_closes_it_and_teaches(side: RiskSide) -> None:
    side.tell(PUMP.kind)
    side.run()
    books, risk_id = side.world.services.risk, side.risks()[0].risk_id
    request_opened(books.register, risk_id, "r-1")
    assert request_opened(books.register, risk_id, "r-1").status is R.TREATING
    answer(side)
    side.tell(PUMP.clears or "")
    side.run()
    assert side.risks()[0].status is R.TREATING
    request_done(books.register, risk_id, "r-other", side.now_ms)
    assert side.risks()[0].status is R.TREATING
    request_done(books.register, risk_id, "r-1", side.now_ms)
    assert side.risks()[0].status is R.HANDLED
    label_risk(books, risk_id, Label.TRUE, by="chen", now_ms=side.now_ms)
    side.run()
    [risk], [lesson] = side.risks(), books.rules.lessons({"office"}, "T01")
    assert (risk.status, risk.label, risk.labelled_by) == (R.CLOSED, Label.TRUE, "chen")
    assert (lesson.label, lesson.risk_id) == (Label.TRUE, risk_id)


def test_a_refused_request_leaves_the_risk_open(side: RiskSide) -> None:
    side.tell(PUMP.kind)
    side.run()
    register, risk_id = side.world.services.risk.register, side.risks()[0].risk_id
    request_opened(register, risk_id, "r-1")
    assert request_refused(register, risk_id, "r-1", side.now_ms).status is R.OPEN
    assert wanted_request(side.risks()[0]) is None


def test_a_condition_that_comes_back_after_its_handling_opens_the_risk_again(side: RiskSide) -> None:
    side.tell(PUMP.kind)
    side.run()
    register, risk_id = side.world.services.risk.register, side.risks()[0].risk_id
    request_opened(register, risk_id, "r-1")
    request_done(register, risk_id, "r-1", side.now_ms)
    side.pass_time(MIN_S)
    assert side.risks()[0].status is R.HANDLED
    side.tell(PUMP.kind)
    side.run()
    [risk] = side.risks()
    assert (risk.status, risk.handled_ms) == (R.OPEN, None)
    wanted = wanted_request(risk)
    assert wanted is not None
    assert wanted.reference == ""


def test_advice_is_handled_when_its_alarms_are_over_and_then_waits_for_a_person(side: RiskSide) -> None:
    side.tell(SPEED.kind)
    side.run()
    assert side.risks()[0].status is R.OPEN
    answer(side)
    side.run()
    [risk] = side.risks()
    assert (risk.status, risk.label) == (R.HANDLED, None)
    side.pass_time(400 * DAY_S)
    assert side.risks()[0].status is R.HANDLED


def test_after_a_closed_risk_the_next_alarm_opens_another(side: RiskSide) -> None:
    for expected in (1, 2):
        side.tell(SPEED.kind)
        side.run()
        answer(side)
        side.run()
        label_risk(side.world.services.risk, side.risks()[-1].risk_id, Label.FALSE, by="chen", now_ms=side.now_ms)
        side.pass_time(MIN_S)
        assert len(side.risks()) == expected


def test_what_is_seen_again_after_its_risk_was_closed_is_a_risk_again(side: RiskSide) -> None:
    side.tell(PUMP.kind)
    side.run()
    label_risk(side.world.services.risk, side.risks()[0].risk_id, Label.FALSE, by="chen", now_ms=side.now_ms)
    side.pass_time(MIN_S)
    assert [one.status for one in side.risks()] == [R.CLOSED]
    side.tell(PUMP.kind)
    for _ in range(2):
        side.start()
        side.run()
    assert [(one.status, one.alarm_ids) for one in side.risks()] == [
        (R.CLOSED, (side.alarms()[0].alarm_id,)),
        (R.OPEN, (side.alarms()[0].alarm_id,)),
    ]


def test_commands_of_the_breach_are_the_treatment_of_a_limit(side: RiskSide) -> None:
    book = side.world.services.thresholds
    breach = Breach("b-1", "t-1", "office", side.now_ms, 100.0, 130.0)
    book.save_breach(breach)
    side.tell(LIMIT.kind, data={"breach_id": "b-1"})
    side.run()
    assert side.risks()[0].status is R.OPEN
    book.save_breach(replace(breach, command_ids=("c-1", "c-2")))
    side.run()
    side.run()
    [risk] = side.risks()
    assert (risk.status, [one.reference for one in risk.treatments if one.reference]) == (R.TREATING, ["c-1", "c-2"])


def test_an_unanswered_red_alarm_climbs_to_the_superior_with_a_signed_file(side: RiskSide) -> None:
    side.tell(FIRE.kind, data={"sensor": "s-1", "person": "wang"})
    side.run()
    side.pass_time(5 * MIN_S - 1)
    assert levels(side) == []
    for seconds, expected in ((1, 1), (10 * MIN_S - 1, 1), (1, 2), (15 * MIN_S - 1, 2), (1, 3), (DAY_S / 2, 3)):
        side.pass_time(seconds)
        assert len(levels(side)) == expected
    steps = [(1, "dispatcher", "unanswered"), (2, "department_head", "unanswered"), (3, "city", "unanswered")]
    assert levels(side) == steps
    [file] = side.world.services.risk.inbox.of_superior({"city"})
    assert is_genuine(file, SEALING_KEY.public_key().public_bytes_raw().hex())
    assert '"sensor":"s-1"' in file.document
    assert "wang" not in file.document
    assert [one.data["level"] for one in side.events("safety.risk_escalated")] == [1, 2, 3]


def test_an_answer_stops_the_climb_and_orange_climbs_slower(side: RiskSide) -> None:
    side.tell(PUMP.kind)
    side.run()
    side.pass_time(30 * MIN_S - 1)
    assert levels(side) == []
    side.pass_time(3.5 * HOUR_S + 1)
    assert [level for level, _, _ in levels(side)] == [1, 2]
    answer(side)
    side.pass_time(2 * DAY_S)
    assert [level for level, _, _ in levels(side)] == [1, 2]
    side.pass_time(DAY_S)
    assert levels(side)[-1] == (2, "department_head", "overdue")


def test_a_lesser_matter_is_brought_up_once_a_week(side: RiskSide) -> None:
    side.tell(LIMIT.kind)
    side.run()
    for _ in range(40):
        side.pass_time(12 * HOUR_S)
    assert [reason for _, _, reason in levels(side)] == ["overdue", "weekly", "weekly"]


def test_of_a_restricted_matter_only_those_who_answer_for_it_are_told(side: RiskSide) -> None:
    side.world.services.risk.rules.approve("office", TRIP.rule_id, "chen", side.now_ms)
    side.tell(TRIP.kind, subject="vehicle:zhe-a12345", is_restricted=True, data={"driver": "wang"})
    side.run()
    side.pass_time(25 * HOUR_S)
    assert levels(side)[0] == (1, "dispatcher", "unanswered")
    [file] = side.world.services.risk.inbox.of_superior({"city"})
    assert is_genuine(file)
    for secret in ("a12345", "wang", "driver"):
        assert secret not in file.document
    assert all(one.is_restricted for one in side.events("vehicle.risk_escalated"))


@pytest.mark.parametrize("book", ["alarms", "register", "inbox"])
def test_a_crash_between_two_steps_repeats_harmlessly(
    side: RiskSide, monkeypatch: pytest.MonkeyPatch, book: str
) -> None:
    side.tell(FIRE.kind)
    side.run("raise")
    side.world.clock.advance(40 * MIN_S)
    kind = type(getattr(side.world.services.risk, book))
    with monkeypatch.context() as patch:
        for name in ("save", "change"):
            patch.setattr(kind, name, lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            side.run("keep")
    side.start()
    side.run("keep")
    side.run("keep")
    assert [level for level, _, _ in levels(side)] == [1, 2, 3]
    assert len(side.world.services.risk.inbox.of_superior({"city"})) == 1
    assert len(side.events("safety.risk_escalated")) == 3


def test_two_departments_at_one_subject_want_a_joint_case(side: RiskSide) -> None:
    side.tell(PUMP.kind)
    side.run()
    assert not side.risks()[0].wants_joint_case
    side.tell(SPEED.kind)
    side.run()
    assert [one.wants_joint_case for one in side.risks()] == [True, True]


def test_a_restricted_risk_at_the_same_subject_leaves_no_mark_on_those_of_others(side: RiskSide) -> None:
    side.world.services.risk.rules.approve("office", TRIP.rule_id, "chen", side.now_ms)
    side.tell(TRIP.kind, is_restricted=True)
    side.run()
    side.tell(PUMP.kind)
    side.run()
    assert {one.department: one.wants_joint_case for one in side.risks()}["real_estate"] is False


def test_the_outlook_is_issued_for_rules_in_force_and_for_departments(side: RiskSide) -> None:
    settings = side.world.services.settings
    before = Prediction.read(settings.read("office", SETTING))
    for subject in ("device:pump-1", "device:pump-2"):
        side.tell(PUMP.kind, subject=subject)
    side.run()
    issued = Prediction.read(settings.read("office", SETTING))
    assert before is not None
    assert issued is not None
    assert set(issued.rules) == {"T01", "T02", "T03", "T05"}
    assert set(issued.departments) == {"energy", "real_estate", "safety", "vehicle"}
    assert issued.rules["T01"].rate_per_week == pytest.approx(1.0)
    assert issued.departments["real_estate"].probability == pytest.approx(1 - (4 / 5) ** 4)
    assert before.rules["T01"].rate_per_week == pytest.approx(0.5)
    unchanged_ms = issued.made_ms
    side.pass_time(HOUR_S - 1)
    again = Prediction.read(settings.read("office", SETTING))
    assert again is not None
    assert again.made_ms == unchanged_ms
