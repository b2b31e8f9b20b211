"""Keeps the register: alarms become risks, playbooks begin, nobody's silence goes unnoticed, what is over is handled.

Every step reads what is so far and goes on from there, with ids that follow from it: a crash repeats harmlessly.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from cloud.core.access import Role
from cloud.core.event import Event
from cloud.jobs.job import JobPlan, JobTools
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.alarm_life import OCCURRENCE
from cloud.risk.analysis import (
    DAY_MS,
    WATCHED_DAYS,
    Circumstances,
    attach,
    comes_back,
    has_neighbour,
    incidence_of,
    open_risk,
    reopened,
    watched_since,
)
from cloud.risk.case_document import Addressee, case_file_of
from cloud.risk.escalation import SUPERIOR_LEVEL, Ladder, due_escalations, urgency_of
from cloud.risk.library import Library, load_library
from cloud.risk.risk import Escalation, Risk, RiskStatus
from cloud.risk.rule import Rule, TreatmentKind
from cloud.risk.treatment import settled, with_set_points

PERIOD_S = 2.0
WIDE_LOOK_S = 600.0
WIDE_LOOK_MS = 30 * DAY_MS
HISTORY_READ = 5_000
BREACHES_READ = 1_000
FORECAST_DAYS = 7.0

_NAMESPACE = uuid.UUID("b7d0a9c2-6f13-4f6e-8c55-92d4c1e0f7a8")
_UNDER_WAY = (RiskStatus.OPEN, RiskStatus.TREATING)


class KeepRisks:
    """One round: alarms without a risk, then every risk that is not closed."""

    def __init__(self, tools: JobTools, library: Library) -> None:
        self._tools, self._services, self._library = tools, tools.services, library
        self._next_wide_s = float("-inf")
        self._histories: dict[str, list[Alarm]] = {}
        self._has_news = False

    def run(self) -> bool:
        self._has_news, self._histories = False, {}
        now_ms = self._services.clock.now_ms()
        alarms = self._services.risk.alarms.open_alarms()
        risks = {one.risk_id: one for one in self._services.risk.register.open_risks()}
        for alarm in [*alarms, *self._closed_unseen()]:
            if alarm.announced_ms is not None and self._needs_risk(alarm, risks):
                self._attach(alarm, risks, now_ms)
        of_risk: dict[str, list[Alarm]] = defaultdict(list)
        for alarm in self._services.risk.alarms.open_alarms() if self._has_news else alarms:
            if alarm.risk_id is not None:
                of_risk[alarm.risk_id].append(alarm)
        superiors = {one.institution_id: one.superior_id for one in self._services.institutions.institutions()}
        for risk in list(risks.values()):
            others = [one for one in risks.values() if one.institution_id == risk.institution_id]
            self._care(risk, of_risk[risk.risk_id], others, superiors.get(risk.institution_id), now_ms)
        if self._has_news:
            self._services.wake()
        return False

    def _closed_unseen(self) -> list[Alarm]:
        """Alarms that were closed before a round of this job, which happens when it was down."""
        now_s = self._services.clock.monotonic()
        if now_s < self._next_wide_s:
            return []
        self._next_wide_s = now_s + WIDE_LOOK_S
        start_ms = self._services.clock.now_ms() - WIDE_LOOK_MS
        found = self._services.risk.alarms.alarms(self._tools.institution_ids(), start_ms=start_ms)
        return [one for one in found if one.state is AlarmState.CLOSED]

    def _needs_risk(self, alarm: Alarm, risks: Mapping[str, Risk]) -> bool:
        """One that has none, or has been seen again since its risk was closed."""
        if alarm.risk_id is None or alarm.risk_id in risks or not alarm.active:
            return alarm.risk_id is None
        risk = self._services.risk.register.find(alarm.risk_id)
        return risk is None or comes_back(risk, alarm)

    def _attach(self, alarm: Alarm, risks: dict[str, Risk], now_ms: int) -> None:
        rule = self._library.get(alarm.rule_id)
        if rule is None:
            return
        register = self._services.risk.register
        pair = [one for one in risks.values() if (one.institution_id, one.rule_id, one.subject) == alarm.pair]
        known = self._circumstances(alarm, list(risks.values()), now_ms)
        risk = None
        if pair:
            risk = register.change(pair[0].risk_id, lambda current: _attached(current, alarm, rule, known))
        if risk is None or alarm.alarm_id not in risk.alarm_ids:
            fresh = open_risk(alarm, rule, known)
            # After a crash the risk may be there already, and further on.
            risk = register.find(fresh.risk_id)
            if risk is None:
                risk = fresh
                register.save(risk)
        risks[risk.risk_id] = risk
        risk_id = risk.risk_id
        self._services.risk.alarms.change(alarm.alarm_id, lambda current: replace(current, risk_id=risk_id))
        self._has_news = True

    def _circumstances(self, alarm: Alarm, risks: Sequence[Risk], now_ms: int) -> Circumstances:
        institution_id = alarm.institution_id
        if institution_id not in self._histories:
            self._histories[institution_id] = self._services.risk.alarms.alarms(
                [institution_id], start_ms=now_ms - WATCHED_DAYS * DAY_MS, limit=HISTORY_READ
            )
        since_ms = watched_since(self._services.settings, institution_id, now_ms)
        first = self._services.event_log.find(alarm.event_ids[:1])
        return Circumstances(
            now_ms=now_ms,
            outlook=incidence_of(
                self._histories[institution_id],
                alarm.rule_id,
                watched_since_ms=since_ms,
                now_ms=now_ms,
                horizon_days=FORECAST_DAYS,
            ),
            data=first[0].event.data if first else {},
            neighbours=tuple(one for one in risks if one.institution_id == institution_id),
        )

    def _care(
        self, risk: Risk, alarms: list[Alarm], others: Collection[Risk], superior_id: str | None, now_ms: int
    ) -> None:
        rule = self._library.get(risk.rule_id)
        command_ids = self._command_ids(risk, alarms, rule)
        is_shared = has_neighbour(risk, others)
        ladder = Ladder(self._duty(risk), superior_id)

        def cared(current: Risk) -> Risk:
            if rule is not None and any(comes_back(current, alarm) for alarm in alarms):
                current = reopened(current, rule, now_ms)
            if current.status in _UNDER_WAY:
                current = with_set_points(current, command_ids, now_ms)
            current = settled(current, has_open_alarm=bool(alarms), now_ms=now_ms)
            due = due_escalations(current, alarms, ladder, now_ms)
            is_joint = current.wants_joint_case or (is_shared and current.status is not RiskStatus.CLOSED)
            return replace(current, wants_joint_case=is_joint, escalations=(*current.escalations, *due))

        wanted = cared(risk)
        if wanted == risk:
            return
        # First the superior and the log, under ids that a repetition finds again; then the register.
        self._tell(risk, wanted, alarms)
        self._services.risk.register.change(risk.risk_id, cared)
        self._has_news = True

    def _command_ids(self, risk: Risk, alarms: Sequence[Alarm], rule: Rule | None) -> list[str]:
        """What the thresholds' own actions have commanded while the breaches of this risk lasted."""
        if rule is None or rule.playbook.kind is not TreatmentKind.SET_POINT or risk.status not in _UNDER_WAY:
            return []
        event_ids = {risk.opened_by_event, *(event_id for alarm in alarms for event_id in alarm.event_ids)}
        named = {str(one.event.data.get(OCCURRENCE)) for one in self._services.event_log.find(event_ids)}
        breaches = self._services.thresholds.breaches([risk.institution_id], limit=BREACHES_READ)
        return [identity for one in breaches if one.breach_id in named for identity in one.command_ids]

    def _duty(self, risk: Risk) -> Role:
        """Who is told first: the dispatcher, but of a restricted matter only who answers for it."""
        return self._tools.departments.get(risk.department).owner if risk.is_restricted else Role.DISPATCHER

    def _tell(self, before: Risk, after: Risk, alarms: Sequence[Alarm]) -> None:
        fresh = after.escalations[len(before.escalations) :]
        for place, escalation in enumerate(fresh, start=len(before.escalations)):
            if escalation.level == SUPERIOR_LEVEL:
                self._send(after, alarms, escalation)
            self._services.event_log.append([_escalated(after, alarms, escalation, place)])

    def _send(self, risk: Risk, alarms: Sequence[Alarm], escalation: Escalation) -> None:
        told_ms = min((one.announced_ms for one in alarms if one.announced_ms is not None), default=risk.opened_ms)
        addressee, key = Addressee(escalation.to, told_ms), self._services.sealing_key
        file = case_file_of(risk, alarms, addressee, key, escalation.at_ms)
        if self._services.risk.inbox.find(file.case_file_id) is None:
            self._services.risk.inbox.save(file)


def _attached(risk: Risk, alarm: Alarm, rule: Rule, known: Circumstances) -> Risk:
    """A risk that somebody has closed in between takes no more alarms."""
    return risk if risk.status is RiskStatus.CLOSED else attach(risk, alarm, rule, known)


def _escalated(risk: Risk, alarms: Collection[Alarm], escalation: Escalation, place: int) -> Event:
    kind = f"{risk.department}.risk_escalated"
    return Event(
        event_id=str(uuid.uuid5(_NAMESPACE, f"{risk.risk_id}/{place}/{escalation.level}/{escalation.reason}")),
        institution_id=risk.institution_id,
        kind=kind,
        department=risk.department,
        severity=max(risk.colour, urgency_of(alarms)),
        subject=risk.subject,
        occurred_ms=escalation.at_ms,
        received_ms=escalation.at_ms,
        is_restricted=risk.is_restricted,
        data={
            "risk_id": risk.risk_id,
            "rule_id": risk.rule_id,
            "level": escalation.level,
            "to": escalation.to,
            "reason": escalation.reason,
        },
    )


JOB = JobPlan(PERIOD_S, lambda tools: KeepRisks(tools, load_library()).run, is_woken=True)
