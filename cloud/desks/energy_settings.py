"""What an institution enters for its energy account: its own tariffs, and the quotas that its superior has set."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can
from cloud.desks.door import DoorServices
from cloud.desks.energy_account import model_in_scope
from cloud.energy.entry_list import Entries, EntryKind, EntryList
from cloud.energy.quota import entered_quotas
from cloud.energy.tariff import read_tariff
from foundation.errors import ConfigError, DomainError

MOST_ENTRIES = 100
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class EnergySettings:
    """As entered: tariffs in the form of the tariff files, quotas by the columns of the quota table."""

    institution_id: str
    tariffs: Entries
    quotas: Entries


def read_energy_settings(
    services: DoorServices, principal: Principal, institution_id: str | None, known_at_ms: int | None = None
) -> EnergySettings:
    """What has been entered so far, or was known at a time; DomainError 403, 404."""
    own_id = _own_id(services, principal, institution_id, Permission.READ_THRESHOLDS)
    book = services.energy.entries
    tariffs, quotas = (book.entries(own_id, kind, known_at_ms) for kind in (EntryKind.TARIFF, EntryKind.QUOTA))
    return EnergySettings(own_id, list(tariffs.entries), list(quotas.entries))


def entry_versions(
    services: DoorServices, principal: Principal, institution_id: str | None, kind: EntryKind
) -> list[EntryList]:
    """Every version of a list, oldest first; DomainError 403, 404."""
    own_id = _own_id(services, principal, institution_id, Permission.READ_THRESHOLDS)
    return services.energy.entries.versions(own_id, kind)


def write_energy_settings(
    services: DoorServices,
    principal: Principal,
    institution_id: str | None,
    *,
    tariffs: Entries,
    quotas: Entries,
    reason: str = "",
) -> EnergySettings:
    """Enter both lists in place of the current ones, which are kept as earlier versions.

    DomainError 403, 404, and 422 with the entry and reason of the first mistake.
    """
    own_id = _own_id(services, principal, institution_id, Permission.WRITE_THRESHOLDS)
    _check(tariffs, quotas)
    services.audit.record(
        institution_id=own_id,
        actor=principal.name,
        action="energy.settings",
        subject=f"institution:{own_id}",
        detail={"tariffs": list(tariffs), "quotas": list(quotas), "reason": reason[:LONGEST_REASON]},
    )
    for kind, entries in ((EntryKind.TARIFF, tariffs), (EntryKind.QUOTA, quotas)):
        entered_ms = services.clock.now_ms()
        entered = EntryList(own_id, kind, entries, reason[:LONGEST_REASON], principal.name, entered_ms)
        services.energy.entries.enter(entered)
    services.wake()
    return EnergySettings(own_id, tariffs, quotas)


def _own_id(services: DoorServices, principal: Principal, institution_id: str | None, permission: Permission) -> str:
    if not can(principal, permission):
        raise DomainError("error.forbidden", 403)
    return model_in_scope(services, principal, institution_id).institution.institution_id


def _check(tariffs: Entries, quotas: Entries) -> None:
    if max(len(tariffs), len(quotas)) > MOST_ENTRIES:
        raise DomainError("error.out_of_range", field="entries", low=0, high=MOST_ENTRIES, given=len(tariffs))
    try:
        ids = [read_tariff(one, f"tariffs[{number}]").id for number, one in enumerate(tariffs)]
        entered_quotas(quotas)
    except ConfigError as error:
        raise DomainError("error.entry_invalid", where=error.file, field=error.key, reason=error.reason) from error
    if len(set(ids)) < len(ids):
        raise DomainError("error.entry_invalid", where="tariffs", field="id", reason="given twice")
