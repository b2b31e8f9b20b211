"""What a door does with shared data: the catalogue, asking, deciding, and reading rows through a grant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.calendar import local_day
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import departments_of
from cloud.services.dataset import Dataset, load_datasets
from cloud.services.dataset_grant import DatasetGrant
from cloud.services.dataset_life import asked, check_usable, decided
from cloud.services.dataset_rows import LONGEST_DAYS, DatasetBooks, rows_of
from cloud.services.views import Audience, Clearance, view_of
from foundation.errors import DomainError

MOST_ROWS = 10_000
DEFAULT_DAYS = 92


@dataclass(frozen=True, slots=True)
class DatasetRows:
    """`is_cut` when there were more rows than may leave at once."""

    dataset: Dataset
    first: date
    last: date
    rows: list[dict[str, Any]]
    is_cut: bool


def datasets_for(principal: Principal) -> list[Dataset]:
    """The catalogue; DomainError 403."""
    if not can(principal, Permission.READ_DATASETS):
        raise DomainError("error.forbidden", 403)
    return list(load_datasets().values())


def grants_for(services: DoorServices, principal: Principal, institution_ids: Collection[str]) -> list[DatasetGrant]:
    """Grants that the principal's departments asked for or decide, or all for those who oversee; DomainError 403."""
    if not can(principal, Permission.READ_DATASETS):
        raise DomainError("error.forbidden", 403)
    return [one for one in services.service.grants.grants(institution_ids) if _may_see(services, principal, one)]


def ask_for_dataset(
    services: DoorServices,
    principal: Principal,
    institution_id: str,
    dataset_id: str,
    purpose: str,
    department: str | None = None,
) -> DatasetGrant:
    """Ask the owner for data, for one's own department unless said; raises DomainError (403, 404, 409, 422)."""
    if not can(principal, Permission.ASK_DATASET):
        raise DomainError("error.forbidden", 403)
    if not in_scope(principal, institution_id):
        raise DomainError("error.not_found", 404)
    asking = department or principal.department
    if asking is None:
        raise DomainError("error.department_not_said")
    if asking not in departments_of(services, principal):
        raise DomainError("error.forbidden", 403)
    dataset, book = find_dataset(dataset_id), services.service.grants
    blank = DatasetGrant(
        grant_id=services.rng.uuid(),
        institution_id=institution_id,
        dataset=dataset.id,
        owner=dataset.department,
        asked_by_department=asking,
        asked_by=principal.name,
        purpose=purpose,
        asked_ms=services.clock.now_ms(),
    )
    grant = asked(blank, dataset, book.grants({institution_id}))
    _audit(services, principal, grant, "dataset.ask", {"grant": grant.grant_id, "purpose": grant.purpose})
    book.save(grant)
    services.wake()
    return grant


def decide_on_dataset(
    services: DoorServices, principal: Principal, grant_id: str, *, agreed: bool, valid_days: int | None = None
) -> DatasetGrant:
    """The owner's word; raises DomainError (403, 404, 409, 422)."""
    if not can(principal, Permission.DECIDE_DATASET):
        raise DomainError("error.forbidden", 403)
    grant = find_grant(services, principal, grant_id)
    if grant.owner not in departments_of(services, principal):
        raise DomainError("error.forbidden", 403)
    dataset, now_ms = find_dataset(grant.dataset), services.clock.now_ms()

    def decide(current: DatasetGrant) -> DatasetGrant:
        return decided(current, dataset, agreed=agreed, by=principal.name, at_ms=now_ms, valid_days=valid_days)

    decide(grant)
    _audit(services, principal, grant, "dataset.grant" if agreed else "dataset.refuse", {"grant": grant_id})
    saved = services.service.grants.change(grant_id, decide)
    services.wake()
    return saved


def read_dataset(
    services: DoorServices,
    principal: Principal,
    grant_id: str,
    *,
    dataset_id: str,
    institution_id: str,
    first: date | None = None,
    last: date | None = None,
) -> DatasetRows:
    """Rows through a grant of one's department: masked by field level, audited, and counted as one use.

    Without days the last 92. Raises DomainError (403, 404, 422).
    """
    if not can(principal, Permission.READ_DATASETS):
        raise DomainError("error.forbidden", 403)
    dataset, grant = find_dataset(dataset_id), find_grant(services, principal, grant_id)
    if grant.institution_id != institution_id:
        raise DomainError("error.not_found", 404)
    if grant.asked_by_department not in departments_of(services, principal) | {principal.department}:
        raise DomainError("error.forbidden", 403)
    now_ms = services.clock.now_ms()
    check_usable(grant, dataset.id, now_ms)
    first, last = _days(local_day(now_ms), first, last)
    found = list(islice(rows_of(dataset, _books(services), institution_id, first, last), MOST_ROWS + 1))
    rows = shared_rows(dataset, found[:MOST_ROWS])
    detail = {"grant": grant_id, "rows": len(rows), "fields": sorted(rows[0]) if rows else []}
    _audit(services, principal, grant, "dataset.read", detail | {"first": str(first), "last": str(last)})
    services.service.grants.use(grant_id, now_ms)
    return DatasetRows(dataset, first, last, rows, is_cut=len(found) > MOST_ROWS)


def shared_rows(dataset: Dataset, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a grant lets through: fields up to the dataset's level; of what concerns persons, what masks leave."""
    reaches_internal = dataset.level == "L3"
    clearance = Clearance(departments=frozenset({dataset.department} if reaches_internal else ()))
    return view_of(rows, dataset.fields, Audience.STAFF, owner=dataset.department, clearance=clearance)


def find_dataset(dataset_id: str) -> Dataset:
    """A dataset of the catalogue; otherwise DomainError 404."""
    dataset = load_datasets().get(dataset_id)
    if dataset is None:
        raise DomainError("error.not_found", 404)
    return dataset


def find_grant(services: DoorServices, principal: Principal, grant_id: str) -> DatasetGrant:
    """A grant that the principal may see; otherwise DomainError 404."""
    grant = services.service.grants.find(grant_id)
    if grant is None or not _may_see(services, principal, grant):
        raise DomainError("error.not_found", 404)
    return grant


def _may_see(services: DoorServices, principal: Principal, grant: DatasetGrant) -> bool:
    if not in_scope(principal, grant.institution_id):
        return False
    if can(principal, Permission.READ_EVENTS_OF_ALL_DEPARTMENTS):
        return True
    mine = departments_of(services, principal) | {principal.department}
    return bool(mine & {grant.owner, grant.asked_by_department})


def _days(today: date, first: date | None, last: date | None) -> tuple[date, date]:
    last = today if last is None else last
    if first is None:
        first = max(last, date.min + timedelta(DEFAULT_DAYS)) - timedelta(DEFAULT_DAYS - 1)
    if first > last:
        raise DomainError("error.span_backwards")
    if (last - first).days >= LONGEST_DAYS:
        raise DomainError("error.span_too_long", most_s=LONGEST_DAYS * 86_400)
    return first, last


def _books(services: DoorServices) -> DatasetBooks:
    return DatasetBooks(
        records=services.records,
        intervals=services.intervals,
        registry=services.registry,
        risks=services.risk.register,
        requests=services.service.requests,
    )


def _audit(
    services: DoorServices, principal: Principal, grant: DatasetGrant, action: str, detail: dict[str, object]
) -> None:
    services.audit.record(
        institution_id=grant.institution_id,
        actor=principal.name,
        action=action,
        subject=f"dataset:{grant.dataset}",
        detail=detail,
    )
