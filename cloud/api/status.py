"""Health for probes, status for those who run the system, and the description of the API itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from cloud.api.context import InstitutionFilter, Services, scope_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.core.command_record import CommandState
from cloud.core.threshold import BreachState
from cloud.desks.receiving import read_receiving

LOOKED_AT = 1000

router = APIRouter(tags=["status"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class ReceivingHost(BaseModel):
    """A Sparkplug host id: the process that is it now (null: none), for which groups (none: all), and who stands by."""

    host_id: str
    groups: tuple[str, ...]
    primary: str | None
    since_ms: int
    standbys: tuple[str, ...]


class Status(BaseModel):
    """Counts within the scope; `quarantined` counts payloads of the whole program, by whether their row is known.

    `groups_unserved` are compounds of the scope whose data no living process receives.
    """

    devices: int
    devices_online: int
    breaches_open: int
    commands_waiting: int
    quarantined: dict[str, int]
    receiving: tuple[ReceivingHost, ...]
    groups_unserved: tuple[str, ...]


@router.get("/health", summary="Whether the program and its database answer", responses=documented(503))
def health(_: Annotated[Principal, Depends(require(Permission.READ_HEALTH))], services: Services) -> Health:
    services.event_log.cursor("health")
    return Health()


@router.get("/status", summary="How many devices are online, breaches open, commands waiting", responses=documented())
def status(
    principal: Annotated[Principal, Depends(require(Permission.READ_STATUS))],
    services: Services,
    institution: InstitutionFilter = None,
) -> Status:
    scope = scope_of(principal, institution)
    devices = services.registry.devices(scope)
    breaches = services.thresholds.breaches(scope, limit=LOOKED_AT)
    receiving = read_receiving(services, scope)
    commands = services.commands.recent(scope, limit=LOOKED_AT)
    return Status(
        devices=len(devices),
        devices_online=sum(device.is_online for device in devices),
        breaches_open=sum(breach.state is BreachState.OPEN for breach in breaches),
        commands_waiting=sum(command.state is CommandState.PROPOSED for command in commands),
        quarantined=dict(services.quarantine.counts()),
        receiving=tuple(ReceivingHost(**asdict(host)) for host in receiving.hosts),
        groups_unserved=receiving.unserved,
    )


@router.get("/openapi.json", summary="The description of this API", responses=documented())
def openapi(_: Annotated[Principal, Depends(require(Permission.READ_HEALTH))], request: Request) -> dict[str, Any]:
    description: dict[str, Any] = request.app.openapi()
    return description
