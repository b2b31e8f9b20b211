"""From an alarm to an entry of the register: how likely, how bad, which colour, who answers for it, and until when."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cloud.core.event import Severity
from cloud.core.ports import SettingBook
from cloud.risk.alarm import Alarm
from cloud.risk.incidence import Outlook, outlook
from cloud.risk.matrix import colour_of, likelihood_of
from cloud.risk.risk import Risk, RiskStatus
from cloud.risk.rule import Rule
from cloud.risk.treatment import first_steps

DAY_MS = 86_400_000
WATCHED_DAYS = 365
"""Older alarms say little about an office of today."""

_NAMESPACE = uuid.UUID("8a4f2b7e-0c5d-4f0e-b1a2-61d3f5a7c9e0")
_HOUR_MS = 3_600_000
_WATCHED_SINCE = "risk.watched_since_ms"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an analysis is made from: the rule's outlook, the facts of the first event, who else has a risk there."""

    now_ms: int
    outlook: Outlook
    data: Mapping[str, Any] = field(default_factory=dict)
    neighbours: tuple[Risk, ...] = ()


def incidence_of(
    alarms: Iterable[Alarm], rule_id: str, *, watched_since_ms: int, now_ms: int, horizon_days: float
) -> Outlook:
    """How often the rule's alarms come, from those announced within a year.

    Watching began at `watched_since_ms`, or with the first alarm if its books reach further back.
    """
    oldest_ms = now_ms - WATCHED_DAYS * DAY_MS
    events_ms = [one.opened_ms for one in alarms if one.rule_id == rule_id and one.announced_ms is not None]
    seen_ms = [at_ms for at_ms in events_ms if oldest_ms <= at_ms <= now_ms]
    first_ms = max(oldest_ms, min([watched_since_ms, now_ms, *seen_ms]))
    return outlook(seen_ms, first_ms, now_ms + 1, horizon_days)


def watched_since(settings: SettingBook, institution_id: str, now_ms: int) -> int:
    """Since when the risk centre watches an institution; asked for the first time, since now."""
    since_ms = settings.read(institution_id, _WATCHED_SINCE)
    if not isinstance(since_ms, int):
        settings.write(institution_id, _WATCHED_SINCE, now_ms)
        return now_ms
    return min(since_ms, now_ms)


def has_neighbour(risk: Risk, others: Iterable[Risk]) -> bool:
    """Whether another department has a risk at the same subject; a restricted one leaves no trace, not even this."""
    return any(
        one.subject == risk.subject and one.department != risk.department and not one.is_restricted for one in others
    )


def risk_id_of(alarm: Alarm) -> str:
    """The id of the risk that this alarm opens when its pair has none; another one when it comes back later."""
    return str(uuid.uuid5(_NAMESPACE, f"{alarm.alarm_id}/{alarm.event_ids[-1]}"))


def open_risk(alarm: Alarm, rule: Rule, known: Circumstances) -> Risk:
    """The entry that an announced alarm opens, with the first steps of the rule's playbook."""
    risk = Risk(
        risk_id=risk_id_of(alarm),
        institution_id=alarm.institution_id,
        rule_id=rule.rule_id,
        department=alarm.department,
        subject=alarm.subject,
        likelihood=1,
        consequence=rule.consequence,
        colour=Severity.BLUE,
        status=RiskStatus.OPEN,
        opened_ms=known.now_ms,
        due_ms=_due_ms(rule, known.now_ms),
        opened_by_event=alarm.event_ids[0],
        data=known.data,
        alarm_ids=(alarm.alarm_id,),
        treatments=first_steps(rule, known.now_ms),
        is_restricted=alarm.is_restricted,
    )
    return _analysed(risk, rule, known)


def attach(risk: Risk, alarm: Alarm, rule: Rule, known: Circumstances) -> Risk:
    """An open risk after one more alarm of its pair; what had been handled and comes back is open again."""
    if alarm.alarm_id in risk.alarm_ids:
        return risk
    risk = replace(risk, alarm_ids=(*risk.alarm_ids, alarm.alarm_id))
    return _analysed(reopened(risk, rule, known.now_ms), rule, known)


def reopened(risk: Risk, rule: Rule, now_ms: int) -> Risk:
    """A handled risk whose condition has come back: the playbook begins anew. Others stay as they are."""
    if risk.status is not RiskStatus.HANDLED:
        return risk
    treatments = (*risk.treatments, *first_steps(rule, now_ms))
    due_ms = _due_ms(rule, now_ms)
    return replace(risk, status=RiskStatus.OPEN, handled_ms=None, due_ms=due_ms, treatments=treatments)


def comes_back(risk: Risk, alarm: Alarm) -> bool:
    """Whether an alarm has seen its condition again since the risk was handled, or closed."""
    ended_ms = risk.handled_ms if risk.closed_ms is None else risk.closed_ms
    return ended_ms is not None and alarm.active and max(alarm.holding.values(), default=0) > ended_ms


def _analysed(risk: Risk, rule: Rule, known: Circumstances) -> Risk:
    likelihood = likelihood_of(known.outlook.rate_per_month)
    colour = colour_of(likelihood, rule.consequence)
    is_shared = has_neighbour(risk, known.neighbours)
    return replace(
        risk,
        likelihood=likelihood,
        consequence=rule.consequence,
        colour=colour,
        wants_joint_case=risk.wants_joint_case or colour is Severity.RED or is_shared,
    )


def _due_ms(rule: Rule, now_ms: int) -> int:
    return now_ms + round(rule.due_h * _HOUR_MS)
