"""The life of an alarm as ISA-18.2 / IEC 62682 draw it: from a condition and people's answers to the next state.

Pure: every function gives the alarm as it is afterwards. A condition has a clock of its own, the time at which it is
known to hold or not to (`condition_ms`), so that data which come late are judged as if they had come in time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

from cloud.core.event import Event, Severity
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.rule import Rule
from foundation.errors import DomainError

LONGEST_SHELVING_MS = 8 * 3_600_000
FIRE_FAMILIES = ("safety.fire", "safety.smoke")
"""Kinds of events that nobody may silence, whatever their colour."""

CHATTERING_TRANSITIONS, CHATTERING_MS = 3, 60_000
CHATTERING_FACTOR = 4
EVENTS_NAMED = 100
OVER = "_over"
OCCURRENCE = "breach_id"
"""The fact by which an event names what exactly begins or ends to hold at its subject."""

_NAMESPACE = uuid.UUID("3d6c1f0a-51a8-4f0b-9a3e-6f6f1d6f2c11")
S = AlarmState


def clearing_kind(rule: Rule) -> str | None:
    """The kind of event that ends the rule's condition; None when its events are moments and end by themselves."""
    if rule.clears is not None:
        return rule.clears
    return rule.kind + OVER if rule.examine is not None else None


def condition_ms(rule: Rule, event: Event, now_ms: int) -> int:
    """Since when the condition is known to hold, or not to: an examination knows of the moment it was made at."""
    return min(event.received_ms if rule.examine is not None else event.occurred_ms, now_ms)


def open_alarm(rule: Rule, event: Event, *, department: str, now_ms: int, before: Alarm | None = None) -> Alarm:
    """The alarm that this event opens, the same for the same event; `before` is the last alarm of the pair."""
    at_ms = condition_ms(rule, event, now_ms)
    name = f"{rule.rule_id}/{event.institution_id}/{event.subject}/{event.event_id}"
    alarm = Alarm(
        alarm_id=str(uuid.uuid5(_NAMESPACE, name)),
        institution_id=event.institution_id,
        rule_id=rule.rule_id,
        department=department,
        subject=event.subject,
        severity=severity_of(rule, event),
        state=S.PENDING,
        active=True,
        opened_ms=event.occurred_ms,
        last_seen_ms=event.occurred_ms,
        event_ids=(event.event_id,),
        is_late=event.is_late,
        is_restricted=rule.is_restricted or event.is_restricted,
        changed_ms=at_ms,
        transitions_ms=_newest((*(before.transitions_ms if before else ()), at_ms)),
        holding={_occurrence(event): at_ms},
    )
    if _is_moment(rule, event):
        alarm = _end(replace(alarm, state=S.UNACKNOWLEDGED, announced_ms=now_ms), rule, at_ms, now_ms)
    return advance(alarm, rule, now_ms)


def opens_anew(rule: Rule, event: Event, earlier: Iterable[Alarm], now_ms: int) -> bool:
    """Whether an event may open an alarm after these closed ones: not if one of them has been about it already."""
    at_ms = condition_ms(rule, event, now_ms)
    return not any(event.event_id in one.event_ids or one.opened_ms <= at_ms < (one.ended_ms or 0) for one in earlier)


def receive(alarm: Alarm, rule: Rule, event: Event, now_ms: int) -> Alarm:
    """An open alarm after an event of its pair; the same event twice changes nothing.

    An event older than what is known counts but changes no condition. The alarm may have ended before the event:
    then it comes back CLOSED and without it.
    """
    if event.event_id in alarm.event_ids:
        return alarm
    at_ms = condition_ms(rule, event, now_ms)
    alarm = _advance(alarm, rule, at_ms, now_ms)
    if alarm.state is S.CLOSED:
        return alarm
    alarm = replace(alarm, event_ids=_named((*alarm.event_ids, event.event_id)))
    if event.kind == rule.kind:
        alarm = _seen(alarm, rule, event, at_ms, now_ms)
    elif at_ms >= alarm.holding.get(_occurrence(event), at_ms + 1):
        holding = {one: known_ms for one, known_ms in alarm.holding.items() if one != _occurrence(event)}
        alarm = replace(alarm, holding=holding) if holding else _end(alarm, rule, at_ms, now_ms)
    return advance(alarm, rule, now_ms)


def end(alarm: Alarm, rule: Rule | None, now_ms: int) -> Alarm:
    """The condition is over whatever held: its rule is gone or no longer in force."""
    return advance(_end(alarm, rule, now_ms, now_ms) if alarm.active else alarm, rule, now_ms)


def advance(alarm: Alarm, rule: Rule | None, now_ms: int) -> Alarm:
    """What time alone does: on-delay, end of shelving, off-delay. Without a rule nothing is delayed."""
    return _advance(alarm, rule, now_ms, now_ms)


def acknowledge(alarm: Alarm, by: str, now_ms: int) -> Alarm:
    """Somebody has taken note; DomainError 409 when nobody was asked to. The first name stays."""
    if alarm.state is S.ACKNOWLEDGED:
        return alarm
    if not alarm.is_waiting:
        raise DomainError("error.alarm_not_waiting", 409, state=alarm.state.value)
    known = replace(alarm, acknowledged_by=by, acknowledged_ms=now_ms)
    if alarm.state is S.RETURNED:
        return replace(known, state=S.CLOSED, closed_ms=now_ms)
    return replace(known, state=S.ACKNOWLEDGED)


def shelve(alarm: Alarm, rule: Rule | None, *, by: str, reason: str, until_ms: int, now_ms: int) -> Alarm:
    """Silence an announced alarm for a while, at most 8 h; never a red one, nor one of fire. Raises DomainError."""
    if alarm.state not in (S.UNACKNOWLEDGED, S.ACKNOWLEDGED, S.RETURNED):
        raise DomainError("error.alarm_not_waiting", 409, state=alarm.state.value)
    if not may_shelve(alarm, rule):
        raise DomainError("error.alarm_never_shelved")
    if not reason.strip():
        raise DomainError("error.reason_missing")
    if not now_ms < until_ms <= now_ms + LONGEST_SHELVING_MS:
        high, given = LONGEST_SHELVING_MS // 60_000, round((until_ms - now_ms) / 60_000)
        raise DomainError("error.out_of_range", field="minutes", low=1, high=high, given=given)
    return replace(alarm, state=S.SHELVED, shelved_by=by, shelved_reason=reason.strip(), shelved_until_ms=until_ms)


def may_shelve(alarm: Alarm, rule: Rule | None) -> bool:
    is_red = alarm.severity is Severity.RED or (rule is not None and rule.severity is Severity.RED)
    return not is_red and not (rule is not None and rule.kind.startswith(FIRE_FAMILIES))


def unshelve(alarm: Alarm) -> Alarm:
    """Back among those shown: what still holds wants a new answer, what is over keeps the old one."""
    if alarm.state is not S.SHELVED:
        raise DomainError("error.alarm_not_shelved", 409, state=alarm.state.value)
    if alarm.active:
        return replace(alarm, state=S.UNACKNOWLEDGED, acknowledged_by=None, acknowledged_ms=None)
    return replace(alarm, state=S.ACKNOWLEDGED if alarm.acknowledged_ms is not None else S.UNACKNOWLEDGED)


def severity_of(rule: Rule, event: Event) -> Severity:
    """An examination and late readings are judged one by one, else the rule's colour holds."""
    return event.severity if rule.examine is not None or event.is_late else rule.severity


def off_delay_ms(alarm: Alarm, rule: Rule | None) -> int:
    """How long a condition must be gone; four times as long, and at least the minute, for one that chatters."""
    delay_ms = 0 if rule is None else round(rule.off_delay_s * 1000)
    return max(CHATTERING_FACTOR * delay_ms, CHATTERING_MS) if is_chattering(alarm) else delay_ms


def is_chattering(alarm: Alarm) -> bool:
    """Whether the newest three changes of the condition came within a minute."""
    changes = alarm.transitions_ms
    return len(changes) >= CHATTERING_TRANSITIONS and changes[-1] - changes[-CHATTERING_TRANSITIONS] <= CHATTERING_MS


def _advance(alarm: Alarm, rule: Rule | None, at_ms: int, now_ms: int) -> Alarm:
    """What had become of it by `at_ms`, as told now."""
    if alarm.state is S.PENDING and at_ms - alarm.changed_ms >= _on_delay_ms(rule):
        alarm = replace(alarm, state=S.UNACKNOWLEDGED, announced_ms=now_ms)
    if alarm.state is S.SHELVED and at_ms >= (alarm.shelved_until_ms or 0):
        alarm = unshelve(alarm)
    is_over = not alarm.active and at_ms - (alarm.ended_ms or 0) >= off_delay_ms(alarm, rule)
    if is_over and alarm.state is S.UNACKNOWLEDGED:
        return replace(alarm, state=S.RETURNED)
    if is_over and alarm.state is S.ACKNOWLEDGED:
        return replace(alarm, state=S.CLOSED, closed_ms=now_ms)
    return alarm


def _seen(alarm: Alarm, rule: Rule, event: Event, at_ms: int, now_ms: int) -> Alarm:
    """The event says that the condition holds: it is one more, and may bring back what had ended."""
    alarm = replace(
        alarm,
        count=alarm.count + 1,
        last_seen_ms=max(alarm.last_seen_ms, event.occurred_ms),
        severity=max(alarm.severity, severity_of(rule, event)),
    )
    is_moment = _is_moment(rule, event)
    if at_ms < alarm.changed_ms or (is_moment and alarm.active):
        return alarm
    if not alarm.active:
        alarm = _begin_again(alarm, at_ms)
    if is_moment:
        return _end(alarm, rule, at_ms, now_ms)
    known_ms = max(at_ms, alarm.holding.get(_occurrence(event), at_ms))
    return replace(alarm, holding={**alarm.holding, _occurrence(event): known_ms})


def _begin_again(alarm: Alarm, at_ms: int) -> Alarm:
    """The condition holds anew before the alarm was closed."""
    begun = replace(
        alarm, active=True, ended_ms=None, changed_ms=at_ms, transitions_ms=_newest((*alarm.transitions_ms, at_ms))
    )
    if alarm.state is S.RETURNED:
        return replace(begun, state=S.UNACKNOWLEDGED)
    # What came while it was silenced has been answered by nobody.
    return replace(begun, acknowledged_by=None, acknowledged_ms=None) if alarm.state is S.SHELVED else begun


def _end(alarm: Alarm, rule: Rule | None, at_ms: int, now_ms: int) -> Alarm:
    ended = replace(
        alarm,
        active=False,
        holding={},
        ended_ms=at_ms,
        changed_ms=at_ms,
        transitions_ms=_newest((*alarm.transitions_ms, at_ms)),
    )
    if alarm.state is not S.PENDING:
        return ended
    if at_ms - alarm.changed_ms >= _on_delay_ms(rule):
        # It had lasted long enough, although nobody knew in time.
        return replace(ended, state=S.UNACKNOWLEDGED, announced_ms=now_ms)
    return replace(ended, state=S.CLOSED, closed_ms=now_ms)


def _is_moment(rule: Rule, event: Event) -> bool:
    """Whether the condition is over as soon as it is told: a breach found in late readings is told after its end."""
    return clearing_kind(rule) is None or (event.is_late and OCCURRENCE in event.data)


def _occurrence(event: Event) -> str:
    return str(event.data.get(OCCURRENCE, ""))


def _on_delay_ms(rule: Rule | None) -> int:
    return 0 if rule is None else round(rule.on_delay_s * 1000)


def _newest(transitions_ms: tuple[int, ...]) -> tuple[int, ...]:
    return transitions_ms[-CHATTERING_TRANSITIONS:]


def _named(event_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The first evidence and the newest: an alarm that repeats for months must not grow without end."""
    return event_ids if len(event_ids) <= EVENTS_NAMED else (event_ids[0], *event_ids[-EVENTS_NAMED + 1 :])
