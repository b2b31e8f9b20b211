"""Who sees and does what with alarms, risks, rules and case files; the desks ask for themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from cloud.core.access import Principal, Role
from cloud.core.event import Severity
from cloud.desks.alarms import acknowledge_alarm, alarms_for, events_of_alarm, find_alarm, shelve_alarm, unshelve_alarm
from cloud.desks.inbox import CaseAction, answer_case_file, case_files_for, find_case_file
from cloud.desks.risks import explain_risk, find_risk, judge_risk, risk_detail, risks_for, treat_risk
from cloud.desks.rules import approve_rule, predictions_for, rules_for
from cloud.risk.alarm import AlarmState
from cloud.risk.case_file import CaseFileState
from cloud.risk.incidence import outlook
from cloud.risk.ports import Lesson
from cloud.risk.prediction import SETTING, Prediction
from cloud.risk.risk import Label, RiskStatus, Treatment
from cloud.risk.rule import TreatmentKind
from foundation.errors import DomainError
from tests.support import risk_cases
from tests.support.cloud_world import World, cloud_world

OFFICE = frozenset({"office"})


def somebody(role: Role, department: str | None = None, name: str = "li", scope: frozenset[str] = OFFICE) -> Principal:
    return Principal(name, frozenset({role}), scope, department)


STAFF = somebody(Role.STAFF, "vehicle")
OFFICER = somebody(Role.ENERGY_OFFICER, "energy")
DISPATCHER = somebody(Role.DISPATCHER)
AUDITOR = somebody(Role.AUDITOR)
ADMINISTRATOR = somebody(Role.ADMINISTRATOR)
SUPERIOR = somebody(Role.SUPERIOR)
OF_VEHICLES, OF_ENERGY = somebody(Role.DEPARTMENT_HEAD, "vehicle"), somebody(Role.DEPARTMENT_HEAD, "energy")
OF_ESTATE = somebody(Role.DEPARTMENT_HEAD, "real_estate")
STRANGER = somebody(Role.DISPATCHER, scope=frozenset({"school"}))
EVERYBODY = {
    "staff": STAFF,
    "officer": OFFICER,
    "dispatcher": DISPATCHER,
    "auditor": AUDITOR,
    "administrator": ADMINISTRATOR,
    "superior": SUPERIOR,
    "head of vehicles": OF_VEHICLES,
    "head of energy": OF_ENERGY,
    "head of real estate": OF_ESTATE,
    "stranger": STRANGER,
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def refused(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.status, refusal.value.code


def allowed(act: Callable[[Principal], object]) -> set[str]:
    """Names of those for whom it does not end in 403 or 404."""
    names = set()
    for name, principal in EVERYBODY.items():
        try:
            act(principal)
        except DomainError as error:
            if error.status not in (403, 404):
                raise
        else:
            names.add(name)
    return names


WATCH = {"officer", "dispatcher", "auditor", "administrator"}


@pytest.mark.parametrize(
    ("rule_id", "colour", "expected"),
    [
        # Energy, real estate and vehicles; V01 and R02 are about persons.
        ("E10", Severity.ORANGE, WATCH | {"head of energy", "superior"}),
        ("E10", Severity.YELLOW, WATCH | {"head of energy"}),
        ("E06", Severity.RED, WATCH | {"head of real estate", "superior"}),
        ("R02", Severity.RED, {"head of real estate"}),
        ("V01", Severity.RED, {"head of vehicles", "dispatcher"}),
    ],
)
def test_a_risk_is_seen_by_those_whose_matter_it_is(
    world: World, rule_id: str, colour: Severity, expected: set[str]
) -> None:
    risk = risk_cases.risk(world, rule_id=rule_id, colour=colour)
    assert allowed(lambda who: find_risk(world.services, who, risk.risk_id)) == expected
    assert allowed(lambda who: risk_detail(world.services, who, risk.risk_id)) == expected
    for name, principal in EVERYBODY.items():
        listed = []
        if name != "staff":
            listed = [one.risk_id for one in risks_for(world.services, principal, principal.institution_ids)]
        assert (risk.risk_id in listed) == (name in expected), name


@pytest.mark.parametrize(
    ("rule_id", "expected"),
    [
        ("E10", WATCH | {"head of energy"}),
        ("R02", {"head of real estate"}),
        ("V01", {"head of vehicles", "dispatcher"}),
    ],
)
def test_an_alarm_is_seen_by_those_whose_matter_it_is(world: World, rule_id: str, expected: set[str]) -> None:
    alarm = risk_cases.alarm(world, rule_id=rule_id)
    assert allowed(lambda who: find_alarm(world.services, who, alarm.alarm_id)) == expected
    assert allowed(lambda who: events_of_alarm(world.services, who, alarm.alarm_id)) == expected
    deciding = expected - {"auditor", "administrator"}
    assert allowed(lambda who: acknowledge_alarm(world.services, who, alarm.alarm_id)) == deciding


def test_what_nobody_was_told_is_no_alarm_yet(world: World) -> None:
    alarm = risk_cases.alarm(world, announced_ms=None, state=AlarmState.PENDING)
    assert alarms_for(world.services, OFFICER, OFFICE, only_open=True) == []
    assert refused(lambda: find_alarm(world.services, OFFICER, alarm.alarm_id))[0] == 404


def test_acknowledging_and_shelving_are_written_down_and_wake_the_jobs(world: World) -> None:
    services, alarm = world.services, risk_cases.alarm(world)
    shelve_alarm(services, OFFICER, alarm.alarm_id, minutes=30, reason="works")
    assert refused(lambda: acknowledge_alarm(services, OFFICER, alarm.alarm_id)) == (409, "error.alarm_not_waiting")
    unshelve_alarm(services, OFFICER, alarm.alarm_id)
    acknowledge_alarm(services, OFFICER, alarm.alarm_id)
    assert find_alarm(services, OFFICER, alarm.alarm_id).state is AlarmState.ACKNOWLEDGED
    rows = [(one.actor, one.action) for one in services.audit.recent(OFFICE, limit=3)]
    assert rows == [("li", "alarm.acknowledge"), ("li", "alarm.unshelve"), ("li", "alarm.shelve")]
    assert len(world.wakes) == 3


def test_what_is_refused_changes_nothing_and_leaves_no_row(world: World) -> None:
    services, red = world.services, risk_cases.alarm(world, severity=Severity.RED)
    rows = services.audit.recent(OFFICE)
    assert refused(lambda: shelve_alarm(services, OFFICER, red.alarm_id, minutes=30, reason="x"))[1] == (
        "error.alarm_never_shelved"
    )
    assert refused(lambda: shelve_alarm(services, AUDITOR, red.alarm_id, minutes=30, reason="x"))[0] == 403
    assert (services.audit.recent(OFFICE), services.risk.alarms.find(red.alarm_id), world.wakes) == (rows, red, [])


def test_a_superior_learns_no_names(world: World) -> None:
    step = Treatment(TreatmentKind.ADVICE, world.clock.now_ms(), "wang", note="wang went there")
    risk = risk_cases.risk(world, treatments=(step,), labelled_by="wang")
    seen = find_risk(world.services, SUPERIOR, risk.risk_id)
    assert "wang" not in str(dataclasses.asdict(seen))
    assert seen.data == {"peak_shown": "93 kW"}
    detail = risk_detail(world.services, SUPERIOR, risk.risk_id)
    assert (detail.alarms, detail.events, detail.case_files) == ([], [], [])
    assert "wang" in str(dataclasses.asdict(find_risk(world.services, OFFICER, risk.risk_id)))


def test_a_step_and_a_label_are_taken_by_those_who_act_for_the_department(world: World) -> None:
    services, risk_id = world.services, risk_cases.risk(world).risk_id
    acting = {"officer", "dispatcher", "head of energy"}
    assert allowed(lambda who: treat_risk(services, who, risk_id, TreatmentKind.ADVICE, "looked")) == acting
    assert find_risk(services, OFFICER, risk_id).status is RiskStatus.TREATING
    assert allowed(lambda who: judge_risk(services, who, risk_id, Label.FALSE)) == acting
    risk = find_risk(services, OFFICER, risk_id)
    assert (risk.status, risk.label) == (RiskStatus.CLOSED, Label.FALSE)
    assert len(services.risk.rules.lessons(OFFICE, "E10")) == 1
    assert refused(lambda: treat_risk(services, OFFICER, risk_id, TreatmentKind.ADVICE, "x"))[0] == 409


def test_steps_that_cannot_be_are_refused(world: World) -> None:
    services, limit, leak = world.services, risk_cases.risk(world), risk_cases.risk(world, rule_id="E06")
    for risk, kind, note, code in (
        (limit, TreatmentKind.ADVICE, " ", "error.note_missing"),
        (limit, TreatmentKind.REQUEST, "", "error.treatment_not_possible"),
        (limit, TreatmentKind.SET_POINT, "", "error.treatment_not_possible"),
        (leak, TreatmentKind.REQUEST, "", "error.request_under_way"),
    ):
        assert refused(partial(treat_risk, services, DISPATCHER, risk.risk_id, kind, note))[1] == code
    assert refused(lambda: judge_risk(services, OFFICER, limit.risk_id, Label.TRUE)) == (409, "error.risk_not_handled")


def test_nobody_judges_a_matter_of_his_own(world: World) -> None:
    services = world.services
    for risk in (risk_cases.risk(world), risk_cases.risk(world, data={}, subject="person:wang")):
        wang = dataclasses.replace(OFFICER, name="wang")
        assert refused(partial(judge_risk, services, wang, risk.risk_id, Label.FALSE)) == (403, "error.own_matter")
    assert services.risk.rules.lessons(OFFICE) == []


def test_a_rule_about_persons_is_approved_by_the_head_of_its_department(world: World) -> None:
    services = world.services
    rule_id = risk_cases.PERSONAL_RULE
    assert allowed(lambda who: approve_rule(services, who, rule_id, OFFICE)) == {"head of vehicles"}
    assert services.risk.rules.approved_rules("office") == {rule_id: "li"}
    assert services.risk.rules.approved_rules("school") == {}
    assert refused(lambda: approve_rule(services, OF_ENERGY, "E10", OFFICE))[1] == "error.rule_needs_no_approval"
    assert refused(lambda: approve_rule(services, OF_VEHICLES, "none", OFFICE))[0] == 404
    assert refused(lambda: approve_rule(services, OF_VEHICLES, rule_id, {"office", "school"}))[0] == 404
    again = dataclasses.replace(OF_VEHICLES, name="chen")
    assert approve_rule(services, again, rule_id, OFFICE).approved == {"office": "li"}


def test_figures_of_rules_about_persons_are_for_those_who_answer_for_them(world: World) -> None:
    services, now_ms = world.services, world.clock.now_ms()
    prediction = Prediction(now_ms, 7.0, {one: outlook([], now_ms, now_ms, 7) for one in ("E10", "V01")})
    services.settings.write("office", SETTING, prediction.written())
    for number in range(10):
        label = Label.TRUE if number < 7 else Label.FALSE
        services.risk.rules.learn(Lesson("office", "V01", f"r-{number}", label, "chen", now_ms))
    for principal, sees in (
        (OF_VEHICLES, True),
        (DISPATCHER, True),
        (OF_ENERGY, False),
        (AUDITOR, False),
        (SUPERIOR, False),
    ):
        rules = {one.rule.rule_id: one for one in rules_for(services, principal, OFFICE)}
        assert (rules["V01"].precision is not None, bool(rules["V01"].outlooks)) == (sees, sees)
        assert rules["E10"].precision is not None
        assert set(rules["E10"].outlooks) == OFFICE
        assert ("V01" in predictions_for(services, principal, OFFICE)["office"].rules) == sees
    # Seven right of ten: Beta(9, 5).
    [view] = [one for one in rules_for(services, OF_VEHICLES, OFFICE) if one.rule.rule_id == "V01"]
    assert view.precision is not None
    assert view.precision.mean == pytest.approx(0.642857, abs=1e-6)
    assert (view.is_in_force, view.department) == (False, "vehicle")


def test_a_superior_answers_once_and_the_institution_learns_of_it(world: World) -> None:
    services, file = world.services, risk_cases.case_file(world)
    answered = answer_case_file(services, SUPERIOR, file.case_file_id, CaseAction.ORDER, "三日内修复")
    assert (answered.state, answered.answer, answered.answered_by) == (CaseFileState.ORDERED, "三日内修复", "li")
    assert refused(lambda: answer_case_file(services, SUPERIOR, file.case_file_id, CaseAction.RETURN, "x"))[0] == 409
    answer_case_file(services, SUPERIOR, file.case_file_id, CaseAction.CLOSE)
    detail = risk_detail(services, OFFICER, file.risk_id)
    assert [one.reason for one in detail.risk.escalations] == ["ordered", "closed"]
    assert detail.risk.treatments[-1].note == "三日内修复"
    assert [one.state for one in detail.case_files] == [CaseFileState.CLOSED]
    told = services.event_log.recent(OFFICE, limit=2)
    assert [one.event.data["answer"] for one in told] == ["closed", "ordered"]
    actions = [one.action for one in services.audit.recent(OFFICE, limit=2)]
    assert actions == ["case_file.close", "case_file.order"]


def test_the_inbox_is_for_superiors_of_the_institution_alone(world: World) -> None:
    services, file = world.services, risk_cases.case_file(world)
    elsewhere = dataclasses.replace(SUPERIOR, institution_ids=frozenset({"school"}))
    assert allowed(lambda who: find_case_file(services, who, file.case_file_id)) == {"superior"}
    assert case_files_for(services, elsewhere, {"office", "school"}) == []
    assert refused(lambda: find_case_file(services, elsewhere, file.case_file_id))[0] == 404
    assert refused(lambda: answer_case_file(services, elsewhere, file.case_file_id, CaseAction.CLOSE))[0] == 404
    assert refused(lambda: answer_case_file(services, OFFICER, file.case_file_id, CaseAction.CLOSE))[0] == 403
    assert refused(lambda: answer_case_file(services, SUPERIOR, file.case_file_id, CaseAction.ORDER, " "))[1] == (
        "error.answer_missing"
    )
    assert services.risk.inbox.find(file.case_file_id) == file


def test_a_risk_explains_itself_in_one_sentence_of_either_language(world: World) -> None:
    risk = risk_cases.risk(world, rule_id="E06", subject="building:building-a", likelihood=4, colour=Severity.RED)
    english, chinese = (explain_risk(world.services, risk, language) for language in ("en", "zh-CN"))
    assert "Likelihood 4 (one to four times a month) times consequence 4 (major) is 16: red" in english
    assert "Real estate answers for it." in english
    assert "可能性 4 级" in chinese
    assert "房地产管理" in chinese
