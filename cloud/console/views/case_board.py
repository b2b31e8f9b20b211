"""Joint cases that somebody may see, whose word in them they may give, and what each case refers to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can
from cloud.desks.cases import cases_for, find_case
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import departments_of, find_request
from cloud.desks.risks import find_risk
from cloud.risk.risk import Risk
from cloud.services.case_life import is_late
from cloud.services.joint_case import CaseState, JointCase
from cloud.services.request import ServiceRequest
from cloud.services.request_life import SYSTEM
from foundation.errors import DomainError


@dataclass(frozen=True, slots=True)
class CaseLine:
    """`origin` is the risk that the system opened it for; `speaks_for` whose missing word the viewer may give."""

    case: JointCase
    origin: Risk | None
    speaks_for: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return self.case.state is not CaseState.CLOSED


@dataclass(frozen=True, slots=True)
class CaseFigures:
    open: int
    all: int
    mine: int
    late: int
    refused: int


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """What the case refers to as far as the viewer may see it; `hidden` counts the rest."""

    line: CaseLine
    may_close: bool
    risks: tuple[Risk, ...]
    requests: tuple[ServiceRequest, ...]
    hidden: int


def read_case_lines(services: DoorServices, principal: Principal) -> tuple[CaseLine, ...]:
    """Newest first; raises DomainError 403."""
    found = cases_for(services, principal, principal.institution_ids)
    return tuple(_line(services, principal, one) for one in found)


def case_figures(lines: Iterable[CaseLine], now_ms: int) -> CaseFigures:
    lines = list(lines)
    return CaseFigures(
        open=sum(one.is_open for one in lines),
        all=len(lines),
        mine=sum(bool(one.speaks_for) for one in lines),
        late=sum(is_late(one.case, now_ms) for one in lines),
        refused=sum(one.case.state is CaseState.REFUSED for one in lines),
    )


def read_case_detail(services: DoorServices, principal: Principal, case_id: str) -> CaseDetail:
    """Raises DomainError 404."""
    case = find_case(services, principal, case_id)
    risks = [risk for risk_id in case.risk_ids if (risk := _risk(services, principal, risk_id)) is not None]
    requests = [one for name in case.request_ids if (one := _request(services, principal, name)) is not None]
    is_lead = case.lead in departments_of(services, principal)
    return CaseDetail(
        line=_line(services, principal, case),
        may_close=is_lead and case.state is not CaseState.CLOSED and can(principal, Permission.OPEN_CASE),
        risks=tuple(risks),
        requests=tuple(requests),
        hidden=len(case.risk_ids) + len(case.request_ids) - len(risks) - len(requests),
    )


def _line(services: DoorServices, principal: Principal, case: JointCase) -> CaseLine:
    mine = departments_of(services, principal) if can(principal, Permission.APPROVE_CASE) else frozenset[str]()
    is_open = case.state is not CaseState.CLOSED
    waiting = tuple(one.department for one in case.approvals if one.agreed is None and one.department in mine)
    is_of_system = case.opened_by == SYSTEM and bool(case.risk_ids)
    origin = services.risk.register.find(case.risk_ids[0]) if is_of_system else None
    return CaseLine(case, origin, waiting if is_open else ())


def _risk(services: DoorServices, principal: Principal, risk_id: str) -> Risk | None:
    """None when it is another department's alone."""
    try:
        return find_risk(services, principal, risk_id)
    except DomainError:
        return None


def _request(services: DoorServices, principal: Principal, request_id: str) -> ServiceRequest | None:
    try:
        return find_request(services, principal, request_id)
    except DomainError:
        return None
