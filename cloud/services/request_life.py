"""The life of a request: one state machine for every service, who may make which move, and when it is late."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from cloud.services.catalogue import Service
from cloud.services.inputs import Input
from cloud.services.request import Rating, RequestState, RequestStep, ServiceRequest
from foundation.errors import DomainError

PUBLIC, SYSTEM = "public", "system"
"""Names of askers who are no principals."""

MOST_REOPENED = 2
"""A request reopened once more is escalated; after that only talking helps."""

SILENCE_DAYS = 7
"""Who says nothing for so long after the work is done has no objection."""

_MIN_MS, _DAY_MS = 60_000, 86_400_000


class Action(StrEnum):
    ACCEPT = "accept"
    ASSIGN = "assign"
    START = "start"
    FINISH = "finish"
    CONFIRM = "confirm"
    CLOSE = "close"
    REJECT = "reject"
    CANCEL = "cancel"
    REOPEN = "reopen"


class Party(StrEnum):
    """What somebody is to a request: who asked, who serves, who was given the work, or the clock."""

    ASKER = "asker"
    OWNER = "owner"
    ASSIGNEE = "assignee"
    CLOCK = "clock"


S, P = RequestState, Party


@dataclass(frozen=True, slots=True)
class _Move:
    """From these states, by these parties, to that state."""

    states: Collection[RequestState]
    parties: Collection[Party]
    to: RequestState


_MOVES: Mapping[Action, tuple[_Move, ...]] = {
    Action.ACCEPT: (_Move({S.SUBMITTED}, {P.OWNER}, S.ACCEPTED),),
    Action.ASSIGN: (_Move({S.ACCEPTED, S.ASSIGNED, S.IN_PROGRESS}, {P.OWNER}, S.ASSIGNED),),
    Action.START: (_Move({S.ACCEPTED, S.ASSIGNED}, {P.OWNER, P.ASSIGNEE}, S.IN_PROGRESS),),
    Action.FINISH: (_Move({S.IN_PROGRESS}, {P.OWNER, P.ASSIGNEE}, S.DONE),),
    Action.CONFIRM: (_Move({S.DONE}, {P.ASKER}, S.CONFIRMED),),
    Action.CLOSE: (_Move({S.CONFIRMED}, {P.OWNER, P.CLOCK}, S.CLOSED), _Move({S.DONE}, {P.CLOCK}, S.CLOSED)),
    Action.REJECT: (_Move({S.SUBMITTED, S.ACCEPTED, S.ASSIGNED}, {P.OWNER}, S.REJECTED),),
    Action.CANCEL: (_Move({S.SUBMITTED, S.ACCEPTED, S.ASSIGNED}, {P.ASKER}, S.CANCELLED),),
    Action.REOPEN: (_Move({S.DONE, S.CONFIRMED}, {P.ASKER}, S.ACCEPTED),),
}
ENDED = frozenset({S.CLOSED, S.REJECTED, S.CANCELLED})
FINISHED = ENDED | {S.DONE, S.CONFIRMED}
"""States in which nobody waits for the work any more."""

_RATED_IN = frozenset({S.DONE, S.CONFIRMED, S.CLOSED})


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks what, about what, and for bookings from when to when."""

    request_id: str
    institution_id: str
    subject: str
    asked_by: str
    fields: Mapping[str, Input]
    asking_department: str | None = None
    note: str = ""
    start_ms: int | None = None
    end_ms: int | None = None


def submitted(
    service: Service, asking: Asking, at_ms: int, *, code_digest: str | None = None, risk_id: str | None = None
) -> ServiceRequest:
    """The new request with its service level; `fields` have been checked. A booking is late after its own end only."""
    level = service.level_of(asking.fields)
    finish_from_ms = max(at_ms, asking.end_ms or 0)
    return ServiceRequest(
        request_id=asking.request_id,
        institution_id=asking.institution_id,
        service=service.code,
        department=service.department_for(asking.fields),
        subject=asking.subject,
        asked_by=asking.asked_by,
        asked_ms=at_ms,
        state=RequestState.SUBMITTED,
        respond_by_ms=at_ms + level.respond_min * _MIN_MS,
        finish_by_ms=finish_from_ms + level.finish_min * _MIN_MS,
        fields=dict(asking.fields),
        steps=(RequestStep(at_ms, asking.asked_by, "submit", RequestState.SUBMITTED, asking.note),),
        start_ms=asking.start_ms,
        end_ms=asking.end_ms,
        is_restricted=service.is_restricted,
        asking_department=asking.asking_department,
        code_digest=code_digest,
        risk_id=risk_id,
    )


def actions_open(request: ServiceRequest, parties: Collection[Party]) -> list[Action]:
    """What these parties may do with the request now, in the order of its life."""
    return [
        action for action in Action if _move(request, action, parties) is not None and not _is_spent(request, action)
    ]


def moved(
    request: ServiceRequest,
    action: Action,
    *,
    by: str,
    parties: Collection[Party],
    at_ms: int,
    note: str = "",
    assignee: str | None = None,
) -> ServiceRequest:
    """The request after the move, with its step.

    Raises DomainError: 403 when it is not theirs to do, 409 `error.move_not_possible` from its state or
    `error.reopened_too_often`, 422 for a rejection without a reason or an assignment without a name.
    """
    move = _move(request, action, parties)
    if move is None:
        if any(request.state in one.states for one in _MOVES[action]):
            raise DomainError("error.forbidden", 403)
        raise DomainError("error.move_not_possible", 409, action=action.value, state=request.state.value)
    if _is_spent(request, action):
        raise DomainError("error.reopened_too_often", 409, most=MOST_REOPENED)
    if action is Action.REJECT and not note.strip():
        raise DomainError("error.reason_missing")
    if action is Action.ASSIGN and not (assignee or "").strip():
        raise DomainError("error.assignee_missing")
    # A clock set back must not put a step before its predecessor.
    at_ms = max(at_ms, request.steps[-1].at_ms if request.steps else request.asked_ms)
    step = RequestStep(at_ms, by, action.value, move.to, note.strip())
    changes = {"state": move.to, "steps": (*request.steps, step), **_marks(request, action, at_ms)}
    if action is Action.ASSIGN:
        changes["assigned_to"] = (assignee or "").strip()
    return replace(request, **changes)


def rated(request: ServiceRequest, rating: Rating, parties: Collection[Party]) -> ServiceRequest:
    """The request with the asker's rating; DomainError 403, 409 before it is done or when it is rated, 422."""
    if Party.ASKER not in parties:
        raise DomainError("error.forbidden", 403)
    if request.state not in _RATED_IN:
        raise DomainError("error.move_not_possible", 409, action="rate", state=request.state.value)
    if request.rating is not None:
        raise DomainError("error.already_rated", 409)
    if not 1 <= rating.stars <= 5:
        raise DomainError("error.out_of_range", field="stars", low=1, high=5, given=rating.stars)
    step = RequestStep(rating.at_ms, rating.by, "rate", request.state, str(rating.stars))
    return replace(request, rating=rating, steps=(*request.steps, step))


def may_be_rated(request: ServiceRequest, parties: Collection[Party]) -> bool:
    """Whether these parties may rate it now."""
    return Party.ASKER in parties and request.state in _RATED_IN and request.rating is None


def is_overdue(request: ServiceRequest, now_ms: int) -> bool:
    """Whether somebody still waits past the service level: for an answer, or for the work."""
    if request.state in FINISHED:
        return False
    is_unanswered = request.accepted_ms is None and now_ms > request.respond_by_ms
    return is_unanswered or now_ms > request.finish_by_ms


def is_silent(request: ServiceRequest, now_ms: int) -> bool:
    """Whether the asker has said nothing for so long that the request may be closed."""
    if request.state not in (RequestState.DONE, RequestState.CONFIRMED) or not request.steps:
        return False
    return now_ms - request.steps[-1].at_ms >= SILENCE_DAYS * _DAY_MS


def met_level(request: ServiceRequest) -> bool | None:
    """Whether it was answered and done in time; None while it cannot be told or was never to be done."""
    if request.done_ms is None:
        return None
    answered_ms = request.accepted_ms if request.accepted_ms is not None else request.done_ms
    return answered_ms <= request.respond_by_ms and request.done_ms <= request.finish_by_ms


def _move(request: ServiceRequest, action: Action, parties: Collection[Party]) -> _Move | None:
    for one in _MOVES[action]:
        if request.state in one.states and any(party in one.parties for party in parties):
            return one
    return None


def _is_spent(request: ServiceRequest, action: Action) -> bool:
    return action is Action.REOPEN and request.reopened > MOST_REOPENED


def _marks(request: ServiceRequest, action: Action, at_ms: int) -> dict[str, Any]:
    """Times and counts that a move leaves behind."""
    if action is Action.ACCEPT:
        return {"accepted_ms": at_ms}
    if action is Action.FINISH:
        return {"done_ms": at_ms}
    if action in (Action.CLOSE, Action.REJECT, Action.CANCEL):
        return {"closed_ms": at_ms}
    if action is Action.REOPEN:
        is_escalated = request.reopened >= MOST_REOPENED
        escalated_ms = at_ms if is_escalated else request.escalated_ms
        return {"reopened": request.reopened + 1, "done_ms": None, "rating": None, "escalated_ms": escalated_ms}
    return {}
