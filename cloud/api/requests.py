"""Services, and the requests of staff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cloud.api.context import InstitutionFilter, Limit, Note, Services, UtcTime, Word, scope_of, time_or_none
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.data_views import inputs_seen
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import find_request, parties_of
from cloud.desks.requests import (
    RequestDraft,
    availability,
    file_request,
    move_request,
    rate_request,
    requests_for,
    services_for,
)
from cloud.services.booking import Hold
from cloud.services.catalogue import Service
from cloud.services.inputs import Input
from cloud.services.request import RequestState, RequestStep, ServiceRequest
from cloud.services.request_life import Action, actions_open, is_overdue
from foundation.clock import from_ms, to_ms

router = APIRouter(tags=["requests"])
Reader = Annotated[Principal, Depends(require(Permission.READ_REQUESTS))]
Asker = Annotated[Principal, Depends(require(Permission.FILE_REQUEST))]


class FieldOut(BaseModel):
    code: str
    type: str
    label: dict[str, str]
    required: bool
    choices: dict[str, dict[str, str]]
    minimum: float | None
    maximum: float | None


class ServiceOut(BaseModel):
    """`subjects` are the kinds of things it may be about; a `booking` needs start and end."""

    code: str
    name: dict[str, str]
    description: dict[str, str]
    department: str
    audience: list[str]
    subjects: list[str]
    booking: str | None
    respond_minutes: int
    finish_minutes: int
    fields: list[FieldOut]

    @classmethod
    def of(cls, service: Service) -> Self:
        fields = [
            FieldOut(code=code, **one.model_dump(exclude={"level", "mask"})) for code, one in service.fields.items()
        ]
        return cls(
            code=service.code,
            name=dict(service.name),
            description=dict(service.description),
            department=service.department,
            audience=list(service.audience),
            subjects=[kind.value for kind in service.subjects],
            booking=service.booking,
            respond_minutes=service.level.respond_min,
            finish_minutes=service.level.finish_min,
            fields=fields,
        )


class RequestIn(BaseModel):
    """`fields` by the codes of the service; `start` and `end` for bookings only."""

    model_config = ConfigDict(extra="forbid")

    institution: Word
    service: Word
    subject: Word
    fields: dict[Word, Input] = Field({}, max_length=50)
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    note: Note = ""

    def draft(self) -> RequestDraft:
        start_ms, end_ms = _ms(self.start), _ms(self.end)
        return RequestDraft(self.institution, self.service, self.subject, self.fields, self.note, start_ms, end_ms)


class StepOut(BaseModel):
    at: UtcTime
    by: str
    action: str
    state: RequestState
    note: str

    @classmethod
    def of(cls, step: RequestStep) -> Self:
        return cls(at=from_ms(step.at_ms), by=step.by, action=step.action, state=step.state, note=step.note)


class RequestOut(BaseModel):
    """`actions` are the moves open to the caller now; `stars` the asker's rating, if any."""

    request_id: str
    institution_id: str
    service: str
    department: str
    subject: str
    asked_by: str
    asked_at: UtcTime
    state: RequestState
    respond_by: UtcTime
    finish_by: UtcTime
    is_overdue: bool
    fields: dict[str, Any]
    steps: list[StepOut]
    actions: list[Action]
    assigned_to: str | None
    done_at: UtcTime | None
    start: UtcTime | None
    end: UtcTime | None
    reopened: int
    stars: int | None
    comment: str | None
    risk_id: str | None
    is_restricted: bool

    @classmethod
    def of(cls, services: DoorServices, principal: Principal, request: ServiceRequest) -> Self:
        rating = request.rating
        return cls(
            request_id=request.request_id,
            institution_id=request.institution_id,
            service=request.service,
            department=request.department,
            subject=request.subject,
            asked_by=request.asked_by,
            asked_at=from_ms(request.asked_ms),
            state=request.state,
            respond_by=from_ms(request.respond_by_ms),
            finish_by=from_ms(request.finish_by_ms),
            is_overdue=is_overdue(request, services.clock.now_ms()),
            fields=inputs_seen(services, principal, request),
            steps=[StepOut.of(one) for one in request.steps],
            actions=actions_open(request, parties_of(services, principal, request)),
            assigned_to=request.assigned_to,
            done_at=time_or_none(request.done_ms),
            start=time_or_none(request.start_ms),
            end=time_or_none(request.end_ms),
            reopened=request.reopened,
            stars=rating.stars if rating else None,
            comment=rating.comment if rating else None,
            risk_id=request.risk_id,
            is_restricted=request.is_restricted,
        )


class MoveIn(BaseModel):
    """`assignee` for `assign`, `note` for `reject`."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["accept", "assign", "start", "finish", "confirm", "close", "reject", "cancel", "reopen"]
    note: Note = ""
    assignee: Word | None = None


class RatingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stars: int = Field(ge=1, le=5)
    comment: Note = ""


class HoldOut(BaseModel):
    subject: str
    start: UtcTime
    end: UtcTime

    @classmethod
    def of(cls, hold: Hold) -> Self:
        return cls(subject=hold.subject, start=from_ms(hold.start_ms), end=from_ms(hold.end_ms))


class PlaceOut(BaseModel):
    subject: str
    name: dict[str, str] | None


class AvailabilityOut(BaseModel):
    places: list[PlaceOut]
    taken: list[HoldOut]


@router.get("/services", summary="Services that the caller may ask for", responses=documented())
def catalogue(principal: Annotated[Principal, Depends(require(Permission.READ_SERVICES))]) -> list[ServiceOut]:
    return [ServiceOut.of(one) for one in services_for(principal)]


@router.get(
    "/services/{service}/availability", summary="What can be booked, and what is taken", responses=documented(404)
)
def free(
    service: Word,
    institution: Word,
    start: AwareDatetime,
    end: AwareDatetime,
    principal: Reader,
    services: Services,
) -> AvailabilityOut:
    found = availability(services, principal, service, institution, to_ms(start), to_ms(end))
    places = [PlaceOut(subject=one.subject, name=dict(one.name) if one.name else None) for one in found.places]
    return AvailabilityOut(places=places, taken=[HoldOut.of(one) for one in found.holds])


@router.post("/requests", summary="Ask for a service", status_code=201, responses=documented(404, 409))
def create(wanted: RequestIn, principal: Asker, services: Services, response: Response) -> RequestOut:
    request = file_request(services, principal, wanted.draft())
    response.headers["Location"] = f"/api/v1/requests/{request.request_id}"
    return RequestOut.of(services, principal, request)


@router.get("/requests", summary="Requests the caller may see, newest first", responses=documented(404))
def requests(
    principal: Reader, services: Services, institution: InstitutionFilter = None, limit: Limit = 100
) -> list[RequestOut]:
    found = requests_for(services, principal, scope_of(principal, institution), limit=limit)
    return [RequestOut.of(services, principal, one) for one in found]


@router.get("/requests/{request_id}", summary="One request", responses=documented(404))
def request(request_id: Word, principal: Reader, services: Services) -> RequestOut:
    return RequestOut.of(services, principal, find_request(services, principal, request_id))


@router.post("/requests/{request_id}/moves", summary="Move a request on", responses=documented(404, 409))
def move(request_id: Word, wanted: MoveIn, principal: Asker, services: Services) -> RequestOut:
    moved = move_request(services, principal, request_id, Action(wanted.action), wanted.note, wanted.assignee or "")
    return RequestOut.of(services, principal, moved)


@router.post("/requests/{request_id}/rating", summary="Rate what was done", responses=documented(404, 409))
def rate(request_id: Word, wanted: RatingIn, principal: Asker, services: Services) -> RequestOut:
    rated = rate_request(services, principal, request_id, wanted.stars, wanted.comment)
    return RequestOut.of(services, principal, rated)


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)
