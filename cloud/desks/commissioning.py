"""What a door does at commissioning: orders about a device's settings, and the comparison with its display."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from cloud.core.access import Permission, Principal, can
from cloud.core.command_record import CommandRecord
from cloud.core.ports import RegisteredDevice
from cloud.desks.commands import Order, device_in_scope, enter_proposal
from cloud.desks.door import DoorServices
from foundation.errors import DomainError
from gateway.messages import SETTINGS

PARAM = "params."
"""Prefix of settings that are numbers of the installed device, such as `params.ct`."""
BORN_PARAM = "param_"
"""Prefix under which a birth tells the number in force."""
SINGLE = ("sub_item", "building", "department")
NAMES = ("name.zh-CN", "name.en")

PRIORITY = 8
VALID_S = 3_600.0
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class SettingsOrder:
    """Settings of one device that shall change, by key: `params.ct`, `sub_item`, `building`, `name.zh-CN`."""

    group: str
    device: str
    settings: Mapping[str, str]
    reason: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One value beside what the meter's display shows, both in the display unit, and whether they agree."""

    point: str
    ours: float
    shown: float

    @property
    def deviation(self) -> float:
        """Relative to the display; of a display that shows 0, the difference itself."""
        return (self.ours - self.shown) / abs(self.shown) if self.shown else self.ours - self.shown


def installed_params(device: RegisteredDevice) -> dict[str, str]:
    """The numbers of the installed device that are in force, by name, as its birth told."""
    told = device.properties.items()
    return {key.removeprefix(BORN_PARAM): value for key, value in told if key.startswith(BORN_PARAM)}


def propose_settings(services: DoorServices, principal: Principal, order: SettingsOrder) -> CommandRecord:
    """Enter an order about settings as PROPOSED; DomainError (403, 404, 422). The edge has the last word."""
    if not can(principal, Permission.PROPOSE_COMMAND):
        raise DomainError("error.forbidden", 403)
    device = device_in_scope(services, principal, order.group, order.device)
    _check(order, device)
    settings = dict(order.settings)
    asked = Order(
        device.group, device.device, SETTINGS, None, order.reason, priority=PRIORITY, lease_s=0, valid_s=VALID_S
    )
    return enter_proposal(services, principal, device, asked, {"settings": settings}, settings)


def record_comparison(
    services: DoorServices, principal: Principal, group: str, device: str, compared: list[Compared]
) -> None:
    """Keep in the audit trail that somebody stood before the meter, and what both sides said."""
    if not can(principal, Permission.PROPOSE_COMMAND):
        raise DomainError("error.forbidden", 403)
    found = device_in_scope(services, principal, group, device)
    if not compared:
        raise DomainError("error.nothing_compared")
    values = {one.point: {"ours": one.ours, "display": one.shown} for one in compared}
    services.audit.record(
        institution_id=found.institution_id,
        actor=principal.name,
        action="device.compared",
        subject=f"device:{found.device}",
        detail={"group": group, "values": values},
    )


def _check(order: SettingsOrder, device: RegisteredDevice) -> None:
    if not order.reason.strip():
        raise DomainError("error.reason_missing")
    if not order.settings:
        raise DomainError("error.settings_missing")
    params = installed_params(device)
    for key, text in order.settings.items():
        if key.startswith(PARAM):
            if key.removeprefix(PARAM) not in params:
                raise DomainError("error.setting_unknown", device=device.device, setting=key)
            _require_number(key, text)
        elif key not in (*SINGLE, *NAMES):
            raise DomainError("error.setting_unknown", device=device.device, setting=key)
        elif not 0 < len(text.strip()) <= MAX_TEXT:
            raise DomainError("error.setting_text", setting=key, most=MAX_TEXT)


def _require_number(key: str, text: str) -> None:
    try:
        number = float(Decimal(text))
    except (InvalidOperation, OverflowError, ValueError):
        number = math.nan
    if not math.isfinite(number) or number <= 0:
        raise DomainError("error.setting_no_number", setting=key)
