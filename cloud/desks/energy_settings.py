"""What an institution enters for its energy account: its own tariffs, and the quotas that its superior has set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.core.access import Permission, Principal, can
from cloud.desks.door import DoorServices
from cloud.desks.energy_account import QUOTAS_SETTING, TARIFFS_SETTING, model_in_scope
from cloud.energy.quota import entered_quotas
from cloud.energy.tariff import read_tariff
from foundation.errors import ConfigError, DomainError

MOST_ENTRIES = 100

Entries = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class EnergySettings:
    """As entered: tariffs in the form of the tariff files, quotas by the columns of the quota table."""

    institution_id: str
    tariffs: Entries
    quotas: Entries


def read_energy_settings(services: DoorServices, principal: Principal, institution_id: str | None) -> EnergySettings:
    """What has been entered so far; DomainError 403, 404."""
    if not can(principal, Permission.READ_THRESHOLDS):
        raise DomainError("error.forbidden", 403)
    own_id = model_in_scope(services, principal, institution_id).institution.institution_id
    tariffs, quotas = (services.settings.read(own_id, name) or [] for name in (TARIFFS_SETTING, QUOTAS_SETTING))
    return EnergySettings(own_id, tariffs, quotas)


def write_energy_settings(
    services: DoorServices, principal: Principal, institution_id: str | None, *, tariffs: Entries, quotas: Entries
) -> EnergySettings:
    """Replace both lists; DomainError 403, 404, and 422 with the entry and reason of the first mistake."""
    if not can(principal, Permission.WRITE_THRESHOLDS):
        raise DomainError("error.forbidden", 403)
    own_id = model_in_scope(services, principal, institution_id).institution.institution_id
    _check(tariffs, quotas)
    services.audit.record(
        institution_id=own_id,
        actor=principal.name,
        action="energy.settings",
        subject=f"institution:{own_id}",
        detail={"tariffs": list(tariffs), "quotas": list(quotas)},
    )
    services.settings.write(own_id, TARIFFS_SETTING, list(tariffs))
    services.settings.write(own_id, QUOTAS_SETTING, list(quotas))
    services.wake()
    return EnergySettings(own_id, tariffs, quotas)


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
