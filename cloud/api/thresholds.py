"""Thresholds that officers set, and the breaches found."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.context import InstitutionFilter, Limit, Services, UtcTime, Word, scope_of, time_or_none
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.core.threshold import Breach, BreachState, Threshold, ThresholdAction
from cloud.desks.thresholds import find_threshold, remove_threshold, save_threshold
from foundation.clock import from_ms

router = APIRouter(tags=["thresholds"])
Reader = Annotated[Principal, Depends(require(Permission.READ_THRESHOLDS))]
Writer = Annotated[Principal, Depends(require(Permission.WRITE_THRESHOLDS))]


class Action(BaseModel):
    """What to command while the breach lasts; `value` in the point's base unit."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    device: Word
    point: Word
    value: float
    lease_s: float = 600
    priority: int = 12


class ThresholdIn(BaseModel):
    """`limit` and `hysteresis` in the point's base unit; `automatic` sends the actions without asking an officer."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: Word
    group: Word
    device: Word
    point: Word
    limit: float
    hysteresis: float
    window_s: float
    hold_s: float
    enabled: bool = True
    automatic: bool = False
    actions: list[Action] = Field([], max_length=20)


class ThresholdOut(ThresholdIn):
    threshold_id: str
    institution_id: str
    changed_by: str
    changed_at: UtcTime

    @classmethod
    def of(cls, threshold: Threshold) -> Self:
        values = dataclasses.asdict(threshold)
        changed_at = from_ms(values.pop("changed_ms"))
        return cls(**values, changed_at=changed_at)


class BreachOut(BaseModel):
    """`peak` is the highest mean so far, in the point's base unit."""

    breach_id: str
    threshold_id: str
    institution_id: str
    state: BreachState
    opened_at: UtcTime
    closed_at: UtcTime | None
    limit: float
    peak: float
    is_late: bool
    command_ids: list[str]

    @classmethod
    def of(cls, breach: Breach) -> Self:
        return cls(
            breach_id=breach.breach_id,
            threshold_id=breach.threshold_id,
            institution_id=breach.institution_id,
            state=breach.state,
            opened_at=from_ms(breach.opened_ms),
            closed_at=time_or_none(breach.closed_ms),
            limit=breach.limit,
            peak=breach.peak,
            is_late=breach.is_late,
            command_ids=list(breach.command_ids),
        )


@router.get("/thresholds", summary="Thresholds of the caller's scope", responses=documented(404))
def thresholds(principal: Reader, services: Services, institution: InstitutionFilter = None) -> list[ThresholdOut]:
    return [ThresholdOut.of(one) for one in services.thresholds.thresholds(scope_of(principal, institution))]


@router.get("/thresholds/{threshold_id}", summary="One threshold", responses=documented(404))
def threshold(threshold_id: Word, principal: Reader, services: Services) -> ThresholdOut:
    return ThresholdOut.of(find_threshold(services, principal, threshold_id))


@router.post("/thresholds", summary="Set a new threshold", status_code=201, responses=documented(404))
def create(wanted: ThresholdIn, principal: Writer, services: Services, response: Response) -> ThresholdOut:
    owner = services.institutions.institution_of(wanted.group)
    saved = save_threshold(services, principal, _threshold(wanted, services.rng.uuid(), owner))
    response.headers["Location"] = f"/api/v1/thresholds/{saved.threshold_id}"
    return ThresholdOut.of(saved)


@router.put("/thresholds/{threshold_id}", summary="Replace a threshold", responses=documented(404))
def replace(threshold_id: Word, wanted: ThresholdIn, principal: Writer, services: Services) -> ThresholdOut:
    owner = find_threshold(services, principal, threshold_id).institution_id
    return ThresholdOut.of(save_threshold(services, principal, _threshold(wanted, threshold_id, owner)))


@router.delete("/thresholds/{threshold_id}", summary="Take a threshold away; answers it", responses=documented(404))
def remove(threshold_id: Word, principal: Writer, services: Services) -> ThresholdOut:
    return ThresholdOut.of(remove_threshold(services, principal, threshold_id))


@router.get("/breaches", tags=["breaches"], summary="Breaches, newest first", responses=documented(404))
def breaches(
    principal: Reader, services: Services, institution: InstitutionFilter = None, limit: Limit = 100
) -> list[BreachOut]:
    scope = scope_of(principal, institution)
    return [BreachOut.of(breach) for breach in services.thresholds.breaches(scope, limit=limit)]


def _threshold(wanted: ThresholdIn, threshold_id: str, institution_id: str) -> Threshold:
    values = wanted.model_dump()
    actions = tuple(ThresholdAction(**action) for action in values.pop("actions"))
    return Threshold(threshold_id=threshold_id, institution_id=institution_id, actions=actions, **values)
