"""What belongs to somebody: their departments by the manifests, and what is data of these departments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cloud.console.views.case_board import CaseLine, read_case_lines
from cloud.core.access import Permission, Principal, can
from cloud.core.department import Departments
from cloud.core.event import Severity
from cloud.desks.alarms import alarms_for
from cloud.desks.datasets import grants_for
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import may_see
from cloud.desks.requests import requests_for
from cloud.desks.risks import risks_for
from cloud.evaluation.indicator import Indicator, load_indicators
from cloud.records.kind import RecordKind, load_kinds
from cloud.risk.library import load_library
from cloud.risk.risk import Risk
from cloud.risk.rule import Rule
from cloud.services.catalogue import Service, load_services
from cloud.services.dataset import Dataset, load_datasets
from cloud.services.dataset_grant import DatasetGrant, GrantState
from cloud.services.request import ServiceRequest
from cloud.services.request_life import FINISHED, is_overdue


@dataclass(frozen=True, slots=True)
class Belongings:
    """What some departments are, by their manifests and the libraries: nothing of it is written for one of them."""

    departments: tuple[str, ...]
    kinds: tuple[RecordKind, ...]
    rules: tuple[Rule, ...]
    services: tuple[Service, ...]
    indicators: tuple[Indicator, ...]
    datasets: tuple[Dataset, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a department: `by_colour` counts its open risks."""

    by_colour: tuple[tuple[Severity, int], ...]
    alarms: int
    requests: int
    overdue: int
    grants: int
    cases: int

    @property
    def risks(self) -> int:
        return sum(count for _, count in self.by_colour)


def departments_of(departments: Departments, principal: Principal) -> tuple[str, ...]:
    """Departments that somebody heads, or whose owner their role is; in the order of their ids."""
    return tuple(sorted(departments.restricted_for(principal)))


def belongings_of(departments: Departments, mine: Iterable[str]) -> Belongings:
    """Everything that is theirs."""
    own = set(mine)
    return Belongings(
        departments=tuple(sorted(own)),
        kinds=tuple(one for one in load_kinds().values() if one.department in own),
        rules=tuple(one for one in load_library().all() if departments.answering(one.kind) in own),
        services=tuple(one for one in load_services().values() if own & {one.department, *one.served_by.values()}),
        indicators=tuple(one for one in load_indicators().values() if one.department in own),
        datasets=tuple(one for one in load_datasets().values() if one.department in own),
    )


def waiting_for(services: DoorServices, principal: Principal, mine: Sequence[str]) -> Waiting:
    """Counts over what the principal may see; what needs another permission counts as nothing."""
    risks = my_risks(services, principal, mine)
    requests = requests_to_work(services, principal, mine) if can(principal, Permission.READ_REQUESTS) else []
    scope, now_ms = principal.institution_ids, services.clock.now_ms()
    alarms = alarms_for(services, principal, scope, only_open=True) if can(principal, Permission.READ_ALARMS) else []
    return Waiting(
        by_colour=tuple(
            (colour, count)
            for colour in sorted(Severity, reverse=True)
            if (count := sum(one.colour is colour for one in risks))
        ),
        alarms=sum(one.is_waiting and one.department in mine for one in alarms),
        requests=len(requests),
        overdue=sum(is_overdue(one, now_ms) for one in requests),
        grants=len(grants_to_decide(services, principal, mine)) if can(principal, Permission.READ_DATASETS) else 0,
        cases=len(cases_to_answer(services, principal)) if can(principal, Permission.READ_CASES) else 0,
    )


def my_risks(services: DoorServices, principal: Principal, mine: Sequence[str]) -> list[Risk]:
    """Open risks of these departments, the worst and then the newest first."""
    found = risks_for(services, principal, principal.institution_ids, only_open=True)
    own = [one for one in found if one.department in mine]
    return sorted(own, key=lambda one: (-one.colour, -one.opened_ms))


def requests_to_work(services: DoorServices, principal: Principal, mine: Sequence[str]) -> list[ServiceRequest]:
    """Requests that these departments have not finished, the one that is due first on top."""
    found = services.service.requests.unfinished(principal.institution_ids)
    own = [
        one
        for one in found
        if one.department in mine and one.state not in FINISHED and may_see(services, principal, one)
    ]
    return sorted(own, key=lambda one: one.finish_by_ms)


def own_requests(services: DoorServices, principal: Principal) -> list[ServiceRequest]:
    """What the principal asked for within the last year, newest first."""
    found = requests_for(services, principal, principal.institution_ids)
    return [one for one in found if one.asked_by == principal.name]


def grants_to_decide(services: DoorServices, principal: Principal, mine: Sequence[str]) -> list[DatasetGrant]:
    """Data that others ask of these departments, the longest waiting first."""
    found = grants_for(services, principal, principal.institution_ids)
    waiting = [one for one in found if one.owner in mine and one.state is GrantState.ASKED]
    return sorted(waiting, key=lambda one: one.asked_ms)


def cases_to_answer(services: DoorServices, principal: Principal) -> list[CaseLine]:
    """Joint cases that wait for a word which the principal may give, the one that is due first on top."""
    waiting = [one for one in read_case_lines(services, principal) if one.speaks_for]
    return sorted(waiting, key=lambda one: one.case.due_ms)
