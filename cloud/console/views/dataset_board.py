"""The catalogue of shared data as somebody may use it: what they may ask, open and decide."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can
from cloud.desks.datasets import datasets_for, grants_for
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import departments_of
from cloud.services.dataset import Dataset
from cloud.services.dataset_grant import DatasetGrant, GrantState
from cloud.services.dataset_life import is_alive


@dataclass(frozen=True, slots=True)
class DatasetLine:
    """`grant` is the living one of the viewer's department; `may_ask` when there is none and the data are another's."""

    dataset: Dataset
    grant: DatasetGrant | None
    may_ask: bool
    may_open: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class DatasetBoard:
    """`to_decide` waits for the viewer's department; `grants` are all that the viewer may see, newest first."""

    lines: tuple[DatasetLine, ...]
    to_decide: tuple[DatasetGrant, ...]
    grants: tuple[DatasetGrant, ...]


def read_dataset_board(services: DoorServices, principal: Principal) -> DatasetBoard:
    """Raises DomainError 403."""
    now_ms = services.clock.now_ms()
    grants = grants_for(services, principal, principal.institution_ids)
    mine = departments_of(services, principal)
    readable = mine | ({principal.department} if principal.department else set())
    lines = (_line(one, grants, mine, readable, principal, now_ms) for one in datasets_for(principal))
    decides = mine if can(principal, Permission.DECIDE_DATASET) else frozenset[str]()
    return DatasetBoard(
        lines=tuple(sorted(lines, key=lambda one: (one.dataset.department, one.dataset.id))),
        to_decide=tuple(one for one in grants if one.state is GrantState.ASKED and one.owner in decides),
        grants=tuple(grants),
    )


def may_open(grant: DatasetGrant, readable: frozenset[str], now_ms: int) -> bool:
    """Whether these departments may read through the grant now."""
    return grant.state is GrantState.GRANTED and is_alive(grant, now_ms) and grant.asked_by_department in readable


def _line(
    dataset: Dataset,
    grants: list[DatasetGrant],
    mine: frozenset[str],
    readable: frozenset[str],
    principal: Principal,
    now_ms: int,
) -> DatasetLine:
    of_it = [one for one in grants if one.dataset == dataset.id and one.asked_by_department in readable]
    alive = next((one for one in of_it if is_alive(one, now_ms)), None)
    can_ask = can(principal, Permission.ASK_DATASET) and bool(mine - {dataset.department})
    return DatasetLine(
        dataset=dataset,
        grant=alive,
        may_ask=alive is None and can_ask and dataset.department != principal.department,
        may_open=alive is not None and may_open(alive, readable, now_ms),
        is_own=dataset.department == principal.department,
    )
