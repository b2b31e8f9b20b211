"""What a door does when an officer proposes or decides a command: permission, scope, rules, audit, ledger, wake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.command_record import CommandRecord, CommandRequest, CommandState
from cloud.core.ports import RegisteredDevice
from cloud.desks.command_value import check_value
from cloud.desks.door import DoorServices
from cloud.desks.thresholds import find_point
from foundation.errors import DomainError

RANGES: dict[str, tuple[float, float]] = {
    "lease_s": (10, 86_400),
    "valid_s": (10, 3_600),
    # 1 to 7 belong to life safety and critical equipment (BACnet, ASHRAE 135 table 19-1).
    "priority": (8, 16),
}
"""Smallest and largest value of each number of an order."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an officer wants done by hand; `value` in base units, None gives the point back to its own control."""

    group: str
    device: str
    point: str
    value: float | None
    reason: str
    priority: int = 8
    lease_s: float = 600
    valid_s: float = 300


def propose_command(services: DoorServices, principal: Principal, order: Order) -> CommandRecord:
    """Enter an order as a PROPOSED command; raises DomainError (403, 404, 422)."""
    if not can(principal, Permission.PROPOSE_COMMAND):
        raise DomainError("error.forbidden", 403)
    device = device_in_scope(services, principal, order.group, order.device)
    _check_order(order, device)
    return enter_proposal(services, principal, device, order, {"value": order.value})


def enter_proposal(
    services: DoorServices,
    principal: Principal,
    device: RegisteredDevice,
    order: Order,
    detail: dict[str, object],
    settings: Mapping[str, str] | None = None,
) -> CommandRecord:
    """Audit an order that was checked, about a point or the `settings` of the device, and enter it as PROPOSED."""
    request = CommandRequest(
        command_id=services.rng.uuid(),
        institution_id=device.institution_id,
        group=device.group,
        node=device.node,
        device=device.device,
        point=order.point,
        value=order.value,
        priority=order.priority,
        lease_s=order.lease_s,
        valid_s=order.valid_s,
        reason=order.reason,
        proposed_by=principal.name,
        settings=dict(settings or {}),
    )
    _audit(services, principal, request, "command.propose", {**detail, "reason": request.reason})
    services.commands.propose(request, CommandState.PROPOSED, services.clock.now_ms())
    services.wake()
    return find_command(services, principal, request.command_id)


def decide_command(services: DoorServices, principal: Principal, command_id: str, *, approve: bool) -> CommandRecord:
    """Approve or reject a PROPOSED command; raises DomainError (403, 404, 409 when it is not waiting)."""
    if not can(principal, Permission.DECIDE_COMMAND):
        raise DomainError("error.forbidden", 403)
    request = find_command(services, principal, command_id).request
    _audit(services, principal, request, "command.approve" if approve else "command.reject", {})
    decided = services.commands.decide(command_id, approve=approve, by=principal.name, at_ms=services.clock.now_ms())
    services.wake()
    return decided


def find_command(services: DoorServices, principal: Principal, command_id: str) -> CommandRecord:
    """A command within the principal's scope; otherwise DomainError 404."""
    record = services.commands.find(command_id)
    if record is None or not in_scope(principal, record.request.institution_id):
        raise DomainError("error.not_found", 404)
    return record


def device_in_scope(services: DoorServices, principal: Principal, group: str, name: str) -> RegisteredDevice:
    """A device of the principal's scope; otherwise DomainError 404."""
    for device in services.registry.devices(principal.institution_ids):
        if (device.group, device.device) == (group, name):
            return device
    raise DomainError("error.device_unknown", 404, device=name)


def _check_order(order: Order, device: RegisteredDevice) -> None:
    if not find_point(device, order.point).writable:
        raise DomainError("error.point_not_writable", device=device.device, point=order.point)
    if order.value is not None:
        check_value(device, order.point, order.value)
    if not order.reason.strip():
        raise DomainError("error.reason_missing")
    for name, (low, high) in RANGES.items():
        given = getattr(order, name)
        if not low <= given <= high:
            raise DomainError("error.out_of_range", field=name, low=low, high=high, given=given)


def _audit(
    services: DoorServices, principal: Principal, request: CommandRequest, action: str, detail: dict[str, object]
) -> None:
    services.audit.record(
        institution_id=request.institution_id,
        actor=principal.name,
        action=action,
        subject=f"device:{request.device}",
        detail={"command": request.command_id, "point": request.point, **detail},
    )
