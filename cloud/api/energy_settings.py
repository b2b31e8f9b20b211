"""Tariffs and quotas that an institution enters for its energy account, with their versions."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.context import InstitutionFilter, Note, Services, UtcTime, time_or_none
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.energy_settings import EnergySettings, entry_versions, read_energy_settings, write_energy_settings
from cloud.energy.entry_list import EntryKind, EntryList
from foundation.clock import from_ms

router = APIRouter(prefix="/energy/settings", tags=["energy"])


class SettingsIn(BaseModel):
    """`tariffs` in the form of the tariff files, numbers as text; `quotas` by the columns of the quota table."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    tariffs: list[dict[str, Any]] = Field([], max_length=100)
    quotas: list[dict[str, Any]] = Field([], max_length=100)
    reason: Note = ""


class SettingsOut(BaseModel):
    institution_id: str
    tariffs: list[dict[str, Any]]
    quotas: list[dict[str, Any]]

    @classmethod
    def of(cls, settings: EnergySettings) -> Self:
        return cls(
            institution_id=settings.institution_id,
            tariffs=[dict(one) for one in settings.tariffs],
            quotas=[dict(one) for one in settings.quotas],
        )


class VersionOut(BaseModel):
    """A list as it was known from one time to another; `known_to` is null while it is current."""

    known_from: UtcTime
    known_to: UtcTime | None
    entered_by: str
    reason: str
    entries: list[dict[str, Any]]

    @classmethod
    def of(cls, one: EntryList) -> Self:
        return cls(
            known_from=from_ms(one.known_from_ms),
            known_to=time_or_none(one.known_to_ms),
            entered_by=one.entered_by,
            reason=one.reason,
            entries=[dict(entry) for entry in one.entries],
        )


@router.get("", summary="Tariffs and quotas that were entered", responses=documented(404))
def entered(
    principal: Annotated[Principal, Depends(require(Permission.READ_THRESHOLDS))],
    services: Services,
    institution: InstitutionFilter = None,
) -> SettingsOut:
    return SettingsOut.of(read_energy_settings(services, principal, institution))


@router.put("", summary="Replace tariffs and quotas", responses=documented(404))
def replace(
    wanted: SettingsIn,
    principal: Annotated[Principal, Depends(require(Permission.WRITE_THRESHOLDS))],
    services: Services,
    institution: InstitutionFilter = None,
) -> SettingsOut:
    return SettingsOut.of(
        write_energy_settings(
            services, principal, institution, tariffs=wanted.tariffs, quotas=wanted.quotas, reason=wanted.reason
        )
    )


@router.get("/versions", summary="Every version of the tariffs or quotas", responses=documented(404))
def versions(
    kind: EntryKind,
    principal: Annotated[Principal, Depends(require(Permission.READ_THRESHOLDS))],
    services: Services,
    institution: InstitutionFilter = None,
) -> list[VersionOut]:
    return [VersionOut.of(one) for one in entry_versions(services, principal, institution, kind)]
