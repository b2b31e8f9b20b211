"""Alarms: conditions that wait for somebody's answer."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.context import NewestOf, Note, Services, UtcTime, Word, scope_of, time_or_none
from cloud.api.events import EventOut
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.alarms import (
    acknowledge_alarm,
    alarms_for,
    events_of_alarm,
    find_alarm,
    is_shelvable,
    shelve_alarm,
    unshelve_alarm,
)
from cloud.risk.alarm import Alarm, AlarmState
from foundation.clock import from_ms

router = APIRouter(prefix="/alarms", tags=["alarms"])
Reader = Annotated[Principal, Depends(require(Permission.READ_ALARMS))]
Answerer = Annotated[Principal, Depends(require(Permission.ANSWER_ALARM))]


class AlarmOut(BaseModel):
    """`active` is whether the condition holds now; `count` how often it was seen; `is_late` when it came late."""

    alarm_id: str
    institution_id: str
    rule_id: str
    department: str
    subject: str
    severity: str
    state: AlarmState
    active: bool
    count: int
    opened_at: UtcTime
    announced_at: UtcTime | None
    last_seen_at: UtcTime
    ended_at: UtcTime | None
    closed_at: UtcTime | None
    acknowledged_by: str | None
    acknowledged_at: UtcTime | None
    shelved_by: str | None
    shelved_reason: str | None
    shelved_until: UtcTime | None
    is_late: bool
    is_restricted: bool
    risk_id: str | None

    @classmethod
    def of(cls, alarm: Alarm) -> Self:
        is_shelved = alarm.state is AlarmState.SHELVED
        return cls(
            alarm_id=alarm.alarm_id,
            institution_id=alarm.institution_id,
            rule_id=alarm.rule_id,
            department=alarm.department,
            subject=alarm.subject,
            severity=alarm.severity.name.lower(),
            state=alarm.state,
            active=alarm.active,
            count=alarm.count,
            opened_at=from_ms(alarm.opened_ms),
            announced_at=time_or_none(alarm.announced_ms),
            last_seen_at=from_ms(alarm.last_seen_ms),
            ended_at=time_or_none(alarm.ended_ms),
            closed_at=time_or_none(alarm.closed_ms),
            acknowledged_by=alarm.acknowledged_by,
            acknowledged_at=time_or_none(alarm.acknowledged_ms),
            shelved_by=alarm.shelved_by if is_shelved else None,
            shelved_reason=alarm.shelved_reason if is_shelved else None,
            shelved_until=time_or_none(alarm.shelved_until_ms) if is_shelved else None,
            is_late=alarm.is_late,
            is_restricted=alarm.is_restricted,
            risk_id=alarm.risk_id,
        )


class AlarmDetailOut(BaseModel):
    """With what it was raised from. Red alarms and those of fire are never shelvable."""

    alarm: AlarmOut
    is_shelvable: bool
    events: list[EventOut]


class ShelvingIn(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    minutes: float = Field(description="From now on, at most 480")
    reason: Note


@router.get("", summary="Alarms, newest first", responses=documented(404))
def alarms(principal: Reader, services: Services, asked: NewestOf) -> list[AlarmOut]:
    scope = scope_of(principal, asked.institution)
    found = alarms_for(services, principal, scope, only_open=asked.only_open, limit=asked.limit)
    return [AlarmOut.of(one) for one in found]


@router.get("/{alarm_id}", summary="One alarm with its events", responses=documented(404))
def alarm(alarm_id: Word, principal: Reader, services: Services) -> AlarmDetailOut:
    found = find_alarm(services, principal, alarm_id)
    events = [EventOut.of(one) for one in events_of_alarm(services, principal, alarm_id)]
    return AlarmDetailOut(alarm=AlarmOut.of(found), is_shelvable=is_shelvable(found), events=events)


@router.post("/{alarm_id}/acknowledgement", summary="Take note of an alarm", responses=documented(404, 409))
def acknowledge(alarm_id: Word, principal: Answerer, services: Services) -> AlarmOut:
    return AlarmOut.of(acknowledge_alarm(services, principal, alarm_id))


@router.post("/{alarm_id}/shelving", summary="Silence an alarm for a while", responses=documented(404, 409))
def shelve(alarm_id: Word, wanted: ShelvingIn, principal: Answerer, services: Services) -> AlarmOut:
    return AlarmOut.of(shelve_alarm(services, principal, alarm_id, minutes=wanted.minutes, reason=wanted.reason))


@router.delete("/{alarm_id}/shelving", summary="Bring a shelved alarm back", responses=documented(404, 409))
def unshelve(alarm_id: Word, principal: Answerer, services: Services) -> AlarmOut:
    return AlarmOut.of(unshelve_alarm(services, principal, alarm_id))
