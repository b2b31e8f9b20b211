"""An office of its own with alarms, risks, labels and case files, for the pages of the risk centre.

Its events are in nobody else's sight, so that what the other tests count stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.core.access import Principal, Role
from cloud.core.department import load_departments
from cloud.core.event import Event
from cloud.core.institution import (
    Building,
    ClimateZone,
    Compound,
    Department,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Vehicle,
)
from cloud.desks.books import Books
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.alarm_life import acknowledge, open_alarm, shelve
from cloud.risk.analysis import Circumstances, open_risk
from cloud.risk.case_document import Addressee, case_file_of
from cloud.risk.escalation import SUPERIOR_LEVEL, UNANSWERED
from cloud.risk.incidence import outlook
from cloud.risk.library import load_library
from cloud.risk.ports import Lesson
from cloud.risk.prediction import SETTING, predict
from cloud.risk.risk import Escalation, Label, Risk
from cloud.risk.rule import Rule
from cloud.risk.treatment import handled, wanted_request
from cloud.services.catalogue import load_services
from cloud.services.from_risk import request_for, request_id_of

OFFICE, SUPERIOR_ID = "risk-county-office", "risk-city-office"
DISPATCHER, OFFICER, SUPERIOR = "risk-dispatcher-token", "risk-officer-token", "risk-superior-token"
HEADS = {department: f"risk-head-{department}-token" for department in ("real_estate", "finance", "vehicle")}

_SCOPE = frozenset({OFFICE})
PRINCIPALS = {
    DISPATCHER: Principal("risk-dispatcher", frozenset({Role.DISPATCHER}), _SCOPE),
    OFFICER: Principal("risk-officer", frozenset({Role.ENERGY_OFFICER}), _SCOPE, "energy"),
    SUPERIOR: Principal("city-clerk", frozenset({Role.SUPERIOR}), _SCOPE),
    **{
        token: Principal(f"head-{department}", frozenset({Role.DEPARTMENT_HEAD}), _SCOPE, department)
        for department, token in HEADS.items()
    },
}

LEAK, LOAD, LOST, TRIP, INVOICE, BUDGET = "E06", "E01", "S01", "V01", "F04", "F01"
_MINUTE_MS, _DAY_MS, _YEAR_MS = 60_000, 86_400_000, 365 * 86_400_000

FACTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    LEAK: (
        "building:block-b",
        {"device": "b-water", "nights": 5, "night_l_h": 223.0, "limit_l_h": 23.0, "usual_l_h": 3.0, "mean_l_h": 1037.2,
         "per_day_m3": 5.4},
    ),
    LOAD: (
        "building:block-a",
        {"device": "a-main", "workdays": 7, "night_kw": 45.6, "day_kw": 98.3, "ratio_percent": 46, "limit_percent": 35,
         "usual_kw": 22.1},
    ),
    LOST: ("building:block-a", {"device": "cam-gate"}),
    TRIP: (
        "vehicle:car-1",
        {"from": "2026-11-21 20:10", "until": "2026-11-21 21:02", "minutes": 48, "top_kmh": 71},
    ),
    INVOICE: (
        "department:general",
        {"invoice": "23432360", "supplier": "Clean Ltd", "times": 2, "days": "2026-10-15, 2026-10-30",
         "amount_yuan": 2638.42, "surplus_yuan": 2638.42},
    ),
    BUDGET: (
        "department:general",
        {"category": "maintenance", "budget_yuan": 313000, "spent_yuan": 314882, "used_percent": 101,
         "early_percent": 88, "projected_percent": 112, "elapsed_percent": 90},
    ),
}  # fmt: skip
"""Rule -> what it is about and what was found."""


@dataclass(frozen=True, slots=True)
class Furnished:
    """What tests ask for by name: ids of risks by rule, and of the case files."""

    risks: Mapping[str, str]
    files: tuple[str, ...]


def furnish_risks(ports: Books, key: Ed25519PrivateKey, now_ms: int) -> Furnished:
    """Enter everything; `key` signs the case files."""
    ports.institutions.save(_model())
    alarms = {rule_id: _alarm(ports, rule_id, now_ms - 20 * _MINUTE_MS) for rule_id in FACTS}
    for rule_id, told_ms in ((LOST, now_ms - 15 * _MINUTE_MS), (BUDGET, now_ms - 5 * _MINUTE_MS)):
        alarms[rule_id] = acknowledge(alarms[rule_id], "risk-dispatcher", told_ms)
    until_ms = now_ms + 60 * _MINUTE_MS
    alarms[BUDGET] = shelve(
        alarms[BUDGET], None, by="risk-officer", reason="adjusted next week", until_ms=until_ms, now_ms=now_ms
    )
    risks = {rule_id: _risk(ports, alarm, now_ms) for rule_id, alarm in alarms.items()}
    _treat_leak(ports, risks[LEAK], now_ms)
    for rule_id, alarm in alarms.items():
        ports.risk.alarms.save(replace(alarm, risk_id=risks[rule_id].risk_id))
    _teach(ports, now_ms)
    ports.settings.write(OFFICE, SETTING, _prediction(list(alarms.values()), now_ms))
    files = _files(ports, risks, list(alarms.values()), key, now_ms)
    return Furnished({rule_id: one.risk_id for rule_id, one in risks.items()}, files)


def _model() -> InstitutionModel:
    departments = [
        Department(department_id=one.id, name={"zh-CN": one.name["zh-CN"], "en": one.name["en"]})
        for one in load_departments().all()
    ]
    return InstitutionModel(
        institution=Institution(
            institution_id=OFFICE,
            name={"zh-CN": "风控示范机关", "en": "Office of the Risk Story"},
            institution_class=InstitutionClass.STATE_ORGAN,
            region="450000",
            climate_zone=ClimateZone.HOT_SUMMER_WARM_WINTER,
            superior_id=SUPERIOR_ID,
        ),
        compounds=(Compound(compound_id="risk-compound", name={"zh-CN": "机关大院", "en": "Compound"}),),
        buildings=tuple(
            Building(
                building_id=f"block-{letter}",
                compound_id="risk-compound",
                name={"zh-CN": f"{han}号楼", "en": f"Block {letter.upper()}"},
                use="office",
            )
            for letter, han in (("a", "一"), ("b", "二"))
        ),
        departments=tuple(departments),
        vehicles=(Vehicle(vehicle_id="car-1", name={"zh-CN": "一号公务车", "en": "Car one"}, energy="petrol"),),
    )


def _rule(rule_id: str) -> Rule:
    rule = load_library().get(rule_id)
    assert rule is not None, rule_id
    return rule


def _alarm(ports: Books, rule_id: str, at_ms: int) -> Alarm:
    """Announced, unanswered, with its event in the log; as if its on-delay were over."""
    rule, (subject, data) = _rule(rule_id), FACTS[rule_id]
    event = Event(
        event_id=f"risk-event-{rule_id}",
        institution_id=OFFICE,
        kind=rule.kind,
        department=load_departments().answering(rule.kind),
        severity=rule.severity,
        subject=subject,
        occurred_ms=at_ms,
        received_ms=at_ms,
        is_restricted=rule.is_restricted,
        data=data,
    )
    ports.event_log.append([event])
    opened = open_alarm(rule, event, department=event.department, now_ms=at_ms)
    return replace(opened, state=AlarmState.UNACKNOWLEDGED, announced_ms=at_ms)


def _risk(ports: Books, alarm: Alarm, now_ms: int) -> Risk:
    rule = _rule(alarm.rule_id)
    expected = outlook([now_ms - _DAY_MS] * 3, now_ms - 7 * _DAY_MS, now_ms, 7)
    known = Circumstances(alarm.opened_ms, expected, FACTS[alarm.rule_id][1])
    risk = open_risk(alarm, rule, known)
    ports.risk.register.save(risk)
    return risk


def _treat_leak(ports: Books, risk: Risk, now_ms: int) -> None:
    """Its request is done: it waits for a label."""
    wanted = wanted_request(risk)
    assert wanted is not None
    request_id = request_id_of(risk, wanted)
    request = request_for(risk, load_services()[wanted.note], request_id, "leak", risk.opened_ms)
    assert request is not None
    ports.service.requests.add(request)
    steps = tuple(replace(one, reference=request_id) if one is wanted else one for one in risk.treatments)
    ports.risk.register.save(handled(replace(risk, treatments=steps), now_ms - _MINUTE_MS))


def _teach(ports: Books, now_ms: int) -> None:
    """Seven right and three wrong ones: Beta(9, 5)."""
    for number in range(10):
        label = Label.TRUE if number < 7 else Label.FALSE
        ports.risk.rules.learn(Lesson(OFFICE, LEAK, f"earlier-{number}", label, "somebody", now_ms))


def _prediction(alarms: list[Alarm], now_ms: int) -> dict[str, Any]:
    departments = load_departments()
    made = predict(
        load_library().all(),
        alarms,
        department_of=departments.answering,
        watched_since_ms=now_ms - _YEAR_MS,
        now_ms=now_ms,
    )
    return made.written()


def _files(
    ports: Books, risks: Mapping[str, Risk], alarms: list[Alarm], key: Ed25519PrivateKey, now_ms: int
) -> tuple[str, ...]:
    """One that is genuine, and one in which somebody has made a red matter yellow."""
    files = []
    for rule_id in (INVOICE, LOST):
        step = Escalation(now_ms - _MINUTE_MS, SUPERIOR_LEVEL, SUPERIOR_ID, UNANSWERED)
        risk = replace(risks[rule_id], escalations=(step,))
        ports.risk.register.save(risk)
        own = [one for one in alarms if one.rule_id == rule_id]
        file = case_file_of(risk, own, Addressee(SUPERIOR_ID, now_ms - _DAY_MS), key, now_ms)
        if rule_id == LOST:
            file = replace(
                file, document=file.document.replace(f'"colour":"{risk.colour.name.lower()}"', '"colour":"yellow"')
            )
        ports.risk.inbox.save(file)
        files.append(file.case_file_id)
    return tuple(files)
