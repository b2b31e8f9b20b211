"""Devices as their births describe them."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict

from cloud.api.commands import CommandOut
from cloud.api.context import InstitutionFilter, Services, UtcTime, Word, scope_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.core.ports import RegisteredDevice
from cloud.desks.commands import device_in_scope
from cloud.desks.commissioning import Compared, SettingsOrder, propose_settings, record_comparison
from foundation.clock import from_ms

router = APIRouter(prefix="/devices", tags=["devices"])
Reader = Annotated[Principal, Depends(require(Permission.READ_DEVICES))]
Proposer = Annotated[Principal, Depends(require(Permission.PROPOSE_COMMAND))]


class PointOut(BaseModel):
    """`unit` is the base unit in which all values of the point are given."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    datatype: str
    unit: str
    kind: str
    writable: bool


class DeviceOut(BaseModel):
    """`changed_at` is when the device last came or went.

    `is_lossy`: its edge node sends without waiting for acknowledgements, so an outage may leave gaps.
    """

    institution_id: str
    group: str
    node: str
    device: str
    properties: dict[str, str]
    points: list[PointOut]
    is_online: bool
    changed_at: UtcTime
    is_lossy: bool

    @classmethod
    def of(cls, device: RegisteredDevice) -> Self:
        return cls(
            institution_id=device.institution_id,
            group=device.group,
            node=device.node,
            device=device.device,
            properties=dict(device.properties),
            points=[PointOut.model_validate(point) for point in device.points],
            is_online=device.is_online,
            changed_at=from_ms(device.changed_ms),
            is_lossy=device.is_lossy,
        )


@router.get("", summary="Devices of the caller's scope", responses=documented(404))
def devices(principal: Reader, services: Services, institution: InstitutionFilter = None) -> list[DeviceOut]:
    return [DeviceOut.of(device) for device in services.registry.devices(scope_of(principal, institution))]


@router.get("/{group}/{device}", summary="One device with its points", responses=documented(404))
def device(group: Word, device: Word, principal: Reader, services: Services) -> DeviceOut:
    return DeviceOut.of(device_in_scope(services, principal, group, device))


class SettingsIn(BaseModel):
    """Keys: `params.ct` and other numbers of the installed device, `sub_item`, `building`, `name.zh-CN`, `name.en`."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[Word, Word]
    reason: Word


class ComparedIn(BaseModel):
    """`ours` and `shown` in the display unit; `shown` is what the device's own display says."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    point: Word
    ours: float
    shown: float


@router.post(
    "/{group}/{device}/settings", summary="Propose settings of a device", status_code=201, responses=documented(404)
)
def propose(
    group: Word, device: Word, wanted: SettingsIn, principal: Proposer, services: Services, response: Response
) -> CommandOut:
    order = SettingsOrder(group, device, wanted.settings, wanted.reason)
    record = propose_settings(services, principal, order)
    response.headers["Location"] = f"/api/v1/commands/{record.request.command_id}"
    return CommandOut.of(record)


class ComparisonOut(BaseModel):
    """How many values were kept in the audit trail."""

    kept: int


@router.post(
    "/{group}/{device}/comparisons",
    summary="Keep a comparison with the device's display",
    status_code=201,
    responses=documented(404),
)
def compare(
    group: Word, device: Word, compared: list[ComparedIn], principal: Proposer, services: Services
) -> ComparisonOut:
    values = [Compared(one.point, one.ours, one.shown) for one in compared]
    record_comparison(services, principal, group, device, values)
    return ComparisonOut(kept=len(values))
