"""Devices as their births describe them."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from cloud.api.context import InstitutionFilter, Services, UtcTime, Word, device_in_scope, scope_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.core.ports import RegisteredDevice
from foundation.clock import from_ms

router = APIRouter(prefix="/devices", tags=["devices"])
Reader = Annotated[Principal, Depends(require(Permission.READ_DEVICES))]


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
