"""Tariffs and quotas that an institution enters for its energy account."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.context import InstitutionFilter, Services
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.energy_settings import EnergySettings, read_energy_settings, write_energy_settings

router = APIRouter(prefix="/energy/settings", tags=["energy"])


class SettingsIn(BaseModel):
    """`tariffs` in the form of the tariff files, numbers as text; `quotas` by the columns of the quota table."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    tariffs: list[dict[str, Any]] = Field([], max_length=100)
    quotas: list[dict[str, Any]] = Field([], max_length=100)


class SettingsOut(SettingsIn):
    institution_id: str

    @classmethod
    def of(cls, settings: EnergySettings) -> Self:
        return cls(
            institution_id=settings.institution_id,
            tariffs=[dict(one) for one in settings.tariffs],
            quotas=[dict(one) for one in settings.quotas],
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
        write_energy_settings(services, principal, institution, tariffs=wanted.tariffs, quotas=wanted.quotas)
    )
