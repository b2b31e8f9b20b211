"""What a door does with alarms: list them, acknowledge, shelve for a while and take off the shelf."""

from __future__ import annotations

from collections.abc import Callable, Collection

from cloud.core.access import Permission, Principal, can
from cloud.core.event import LoggedEvent
from cloud.desks.door import DoorServices
from cloud.desks.risk_sight import may_see_alarm
from cloud.risk.alarm import Alarm
from cloud.risk.alarm_life import acknowledge, may_shelve, shelve, unshelve
from cloud.risk.library import Library, load_library
from foundation.errors import DomainError

ALARMS_READ = 5_000


def alarms_for(
    services: DoorServices,
    principal: Principal,
    institution_ids: Collection[str],
    *,
    only_open: bool = False,
    limit: int = 1000,
) -> list[Alarm]:
    """Alarms that the principal may see, newest first; without the permission DomainError 403."""
    if not can(principal, Permission.READ_ALARMS):
        raise DomainError("error.forbidden", 403)
    book = services.risk.alarms
    found = book.open_alarms(institution_ids) if only_open else book.alarms(institution_ids, limit=ALARMS_READ)
    seen = [one for one in found if may_see_alarm(services, principal, one)]
    return sorted(seen, key=lambda one: one.opened_ms, reverse=True)[:limit]


def find_alarm(services: DoorServices, principal: Principal, alarm_id: str) -> Alarm:
    """An alarm that the principal may see; otherwise DomainError 404."""
    alarm = services.risk.alarms.find(alarm_id)
    if alarm is None or not may_see_alarm(services, principal, alarm):
        raise DomainError("error.not_found", 404)
    return alarm


def events_of_alarm(services: DoorServices, principal: Principal, alarm_id: str) -> list[LoggedEvent]:
    """What the alarm was raised from, in the order of the log; raises DomainError 404."""
    return services.event_log.find(find_alarm(services, principal, alarm_id).event_ids)


def is_shelvable(alarm: Alarm, library: Library | None = None) -> bool:
    """Whether it may be silenced at all: red ones and those of fire never."""
    return may_shelve(alarm, (library or load_library()).get(alarm.rule_id))


def acknowledge_alarm(services: DoorServices, principal: Principal, alarm_id: str) -> Alarm:
    """Take note of an alarm; raises DomainError (403, 404, 409 when it waits for nobody)."""
    now_ms = services.clock.now_ms()
    return _answer(
        services, principal, alarm_id, "alarm.acknowledge", {}, lambda one: acknowledge(one, principal.name, now_ms)
    )


def shelve_alarm(
    services: DoorServices,
    principal: Principal,
    alarm_id: str,
    *,
    minutes: float,
    reason: str,
    library: Library | None = None,
) -> Alarm:
    """Silence an alarm, for at most 8 hours; raises DomainError (403, 404, 409, 422)."""
    now_ms, rules = services.clock.now_ms(), library or load_library()

    def shelved(alarm: Alarm) -> Alarm:
        until_ms = now_ms + round(minutes * 60_000)
        rule = rules.get(alarm.rule_id)
        return shelve(alarm, rule, by=principal.name, reason=reason, until_ms=until_ms, now_ms=now_ms)

    detail = {"minutes": minutes, "reason": reason}
    return _answer(services, principal, alarm_id, "alarm.shelve", detail, shelved)


def unshelve_alarm(services: DoorServices, principal: Principal, alarm_id: str) -> Alarm:
    """Bring a shelved alarm back before its time; raises DomainError (403, 404, 409)."""
    return _answer(services, principal, alarm_id, "alarm.unshelve", {}, unshelve)


def _answer(
    services: DoorServices,
    principal: Principal,
    alarm_id: str,
    action: str,
    detail: dict[str, object],
    by: Callable[[Alarm], Alarm],
) -> Alarm:
    if not can(principal, Permission.ANSWER_ALARM):
        raise DomainError("error.forbidden", 403)
    alarm = find_alarm(services, principal, alarm_id)
    # What is refused leaves no trace; what is allowed is written down before it is done.
    by(alarm)
    services.audit.record(
        institution_id=alarm.institution_id,
        actor=principal.name,
        action=action,
        subject=f"alarm:{alarm_id}",
        detail={"rule": alarm.rule_id, "about": alarm.subject, **detail},
    )
    changed = services.risk.alarms.change(alarm_id, by)
    services.wake()
    return changed
