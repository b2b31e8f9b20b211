"""Requests that somebody may see, with what they are to each, and the figures above the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from cloud.core.access import Permission, Principal, can
from cloud.desks.cases import cases_for
from cloud.desks.data_views import inputs_seen
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import find_request, is_asker, parties_of
from cloud.desks.requests import requests_for
from cloud.desks.risks import find_risk
from cloud.risk.risk import Risk
from cloud.services.joint_case import JointCase
from cloud.services.request import RequestState, ServiceRequest
from cloud.services.request_life import FINISHED, Action, Party, actions_open, is_overdue, may_be_rated
from foundation.errors import DomainError


@dataclass(frozen=True, slots=True)
class RequestLine:
    """`is_mine` when the viewer filed it; `is_work` when it waits for the viewer or their department."""

    request: ServiceRequest
    is_mine: bool
    is_work: bool

    @property
    def is_unfinished(self) -> bool:
        return self.request.state not in FINISHED


@dataclass(frozen=True, slots=True)
class BoardFigures:
    """`mean_stars` is None while nothing has been rated."""

    mine: int
    mine_done: int
    work: int
    unanswered: int
    overdue: int
    unfinished: int
    mean_stars: float | None
    rated: int


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """One request as its viewer may see it; `has_hidden` when more was entered than `inputs` tells."""

    request: ServiceRequest
    inputs: tuple[tuple[str, object], ...]
    has_hidden: bool
    actions: tuple[Action, ...]
    may_rate: bool
    risk: Risk | None
    cases: tuple[JointCase, ...]


def read_request_lines(services: DoorServices, principal: Principal) -> tuple[RequestLine, ...]:
    """Newest first; raises DomainError 403."""
    found = requests_for(services, principal, principal.institution_ids)
    return tuple(_line(services, principal, one) for one in found)


def figures_of(lines: Iterable[RequestLine], now_ms: int) -> BoardFigures:
    """The figures over everything that the viewer sees."""
    lines = list(lines)
    mine = [one.request for one in lines if one.is_mine and one.request.state not in _OVER]
    work = [one.request for one in lines if one.is_work]
    stars = [one.request.rating.stars for one in lines if one.request.rating is not None]
    return BoardFigures(
        mine=len(mine),
        mine_done=sum(one.state is RequestState.DONE for one in mine),
        work=len(work),
        unanswered=sum(one.state is RequestState.SUBMITTED for one in work),
        overdue=sum(is_overdue(one.request, now_ms) for one in lines),
        unfinished=sum(one.is_unfinished for one in lines),
        mean_stars=fmean(stars) if stars else None,
        rated=len(stars),
    )


def read_request_detail(services: DoorServices, principal: Principal, request_id: str) -> RequestDetail:
    """Raises DomainError 404."""
    request = find_request(services, principal, request_id)
    parties = parties_of(services, principal, request)
    inputs = inputs_seen(services, principal, request)
    return RequestDetail(
        request=request,
        inputs=tuple(inputs.items()),
        has_hidden=len(inputs) < len(request.fields),
        actions=tuple(actions_open(request, parties)) if can(principal, Permission.FILE_REQUEST) else (),
        may_rate=may_be_rated(request, parties) and can(principal, Permission.FILE_REQUEST),
        risk=_risk(services, principal, request),
        cases=_cases(services, principal, request),
    )


_OVER = (RequestState.CLOSED, RequestState.REJECTED, RequestState.CANCELLED, RequestState.CONFIRMED)


def _line(services: DoorServices, principal: Principal, request: ServiceRequest) -> RequestLine:
    serves = bool(parties_of(services, principal, request) & {Party.OWNER, Party.ASSIGNEE})
    return RequestLine(request, is_asker(principal, request), serves and request.state not in FINISHED)


def _risk(services: DoorServices, principal: Principal, request: ServiceRequest) -> Risk | None:
    """None too when the risk is another department's: a request must not open the way to it."""
    try:
        return find_risk(services, principal, request.risk_id) if request.risk_id else None
    except DomainError:
        return None


def _cases(services: DoorServices, principal: Principal, request: ServiceRequest) -> tuple[JointCase, ...]:
    if not can(principal, Permission.READ_CASES):
        return ()
    found = cases_for(services, principal, {request.institution_id})
    return tuple(one for one in found if request.request_id in one.request_ids or one.case_id == request.case_id)
