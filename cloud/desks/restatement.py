"""What a door shows of restated figures: how a period differs from what was once known of it, and who changed what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cloud.core.access import Permission, Principal, can
from cloud.core.institution import InstitutionModel
from cloud.core.period import Period
from cloud.desks.door import DoorServices
from cloud.desks.energy_account import account_books, model_in_scope, period_of
from cloud.energy.entry_list import EntryKind
from cloud.energy.restatement import Knowledge, Restatement, restatement
from cloud.records.record import RecordImport
from foundation.errors import DomainError

MOST_IMPORTS = 1000
ENERGY_RECORDS = frozenset({"energy_bill", "hand_reading"})


def read_restatement(
    services: DoorServices, principal: Principal, institution_id: str | None, period: str, since_ms: int
) -> Restatement:
    """A period as it is known now against `since_ms`; DomainError 403, 404, 422 for a time to come or no period."""
    if not can(principal, Permission.READ_ENERGY):
        raise DomainError("error.forbidden", 403)
    if since_ms > services.clock.now_ms():
        raise DomainError("error.time_to_come")
    model = model_in_scope(services, principal, institution_id)
    return restatement_of(services, model, period_of(period), since_ms)


def restatement_of(
    services: DoorServices, model: InstitutionModel, period: Period, since_ms: int, until_ms: int | None = None
) -> Restatement:
    """The same for callers that have checked the right to it; with `until_ms`, as it was known then."""
    own_id = model.institution.institution_id
    known_then = services.institutions.model(own_id, since_ms) or model
    earlier = Knowledge(known_then, account_books(services, own_id, since_ms))
    later = Knowledge(model, account_books(services, own_id, until_ms))
    versions = services.energy.entries.versions(own_id, EntryKind.TARIFF)
    imports = services.records.imports({own_id}, limit=MOST_IMPORTS)
    return replace(
        restatement(period, earlier, later),
        prices=tuple(one for one in versions if _is_within(one.known_from_ms, since_ms, until_ms)),
        imports=tuple(_changing(imports, since_ms, until_ms)),
    )


def _changing(imports: Sequence[RecordImport], since_ms: int, until_ms: int | None) -> list[RecordImport]:
    """Imports that brought or changed something of the energy account, oldest first."""
    return [
        one
        for one in reversed(imports)
        if one.kind in ENERGY_RECORDS and one.new + one.changed and _is_within(one.imported_ms, since_ms, until_ms)
    ]


def _is_within(at_ms: int, since_ms: int, until_ms: int | None) -> bool:
    return since_ms < at_ms and (until_ms is None or at_ms <= until_ms)
