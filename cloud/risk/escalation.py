"""Who is told when nobody answers: an unanswered alarm climbs from the duty lead to the head to the superior body."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cloud.core.access import Role
from cloud.core.event import Severity
from cloud.risk.alarm import Alarm
from cloud.risk.risk import Escalation, Risk, RiskStatus

UNANSWERED, WEEKLY, OVERDUE = "unanswered", "weekly", "overdue"
"""Reasons: nobody acknowledged in time; a lesser matter stands in the week's list; its treatment is past due."""

DUTY_LEVEL, HEAD_LEVEL, SUPERIOR_LEVEL = 1, 2, 3

_MIN_MS, _HOUR_MS, _WEEK_MS = 60_000, 3_600_000, 7 * 86_400_000
STEPS_MS: Mapping[Severity, tuple[int, int, int]] = {
    Severity.RED: (5 * _MIN_MS, 15 * _MIN_MS, 30 * _MIN_MS),
    Severity.ORANGE: (30 * _MIN_MS, 4 * _HOUR_MS, 24 * _HOUR_MS),
}
"""Time from the announcement to the duty lead, the department head and the superior, by the alarm's colour."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who stands on each step: the role on duty, and the superior institution if there is one."""

    duty: Role
    superior_id: str | None

    def at(self, level: int) -> str | None:
        if level == SUPERIOR_LEVEL:
            return self.superior_id
        return self.duty.value if level == DUTY_LEVEL else Role.DEPARTMENT_HEAD.value


def due_escalations(risk: Risk, alarms: Collection[Alarm], ladder: Ladder, now_ms: int) -> list[Escalation]:
    """The steps that are due and not yet taken, lowest first. `alarms` are the risk's own that are not closed."""
    if risk.status in (RiskStatus.HANDLED, RiskStatus.CLOSED):
        return []
    return [
        *_unanswered(risk, [one for one in alarms if one.is_waiting], ladder, now_ms),
        *_weekly(risk, alarms, now_ms),
        *_overdue(risk, now_ms),
    ]


def urgency_of(alarms: Collection[Alarm]) -> Severity:
    """The highest colour among them; INFO when there is none."""
    return max((one.severity for one in alarms), default=Severity.INFO)


def _unanswered(risk: Risk, waiting: Sequence[Alarm], ladder: Ladder, now_ms: int) -> list[Escalation]:
    due: dict[int, Escalation] = {}
    for alarm in waiting:
        told_ms = now_ms if alarm.announced_ms is None else alarm.announced_ms
        taken = {one.level for one in risk.escalations if one.reason == UNANSWERED and one.at_ms >= told_ms}
        for level, after_ms in enumerate(STEPS_MS.get(alarm.severity, ()), start=DUTY_LEVEL):
            to = ladder.at(level)
            if to is not None and level not in taken and now_ms - told_ms >= after_ms:
                due[level] = Escalation(now_ms, level, to, UNANSWERED)
    return [due[level] for level in sorted(due)]


def _weekly(risk: Risk, alarms: Collection[Alarm], now_ms: int) -> list[Escalation]:
    """What climbs no ladder is brought before the head once for every full week that it stays open."""
    last_ms = max([risk.opened_ms, *(one.at_ms for one in risk.escalations if one.reason == WEEKLY)])
    if urgency_of(alarms) in STEPS_MS or now_ms - last_ms < _WEEK_MS:
        return []
    return [Escalation(now_ms, HEAD_LEVEL, Role.DEPARTMENT_HEAD.value, WEEKLY)]


def _overdue(risk: Risk, now_ms: int) -> list[Escalation]:
    is_told = any(one.reason == OVERDUE and one.at_ms >= risk.due_ms for one in risk.escalations)
    if now_ms < risk.due_ms or is_told:
        return []
    return [Escalation(now_ms, HEAD_LEVEL, Role.DEPARTMENT_HEAD.value, OVERDUE)]
