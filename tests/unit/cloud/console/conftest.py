"""Values that many console tests build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cloud.console.session import Viewer
from cloud.console.views.places import PlacedDevice, Places, plain
from cloud.core.access import Principal, Role
from cloud.core.command_record import CommandRecord, CommandRequest, CommandState
from cloud.core.ports import RegisteredDevice, RegisteredPoint
from cloud.core.threshold import Breach, Threshold
from gateway.messages import CommandReceipt, Outcome

MakeCommand = Callable[..., CommandRecord]


@pytest.fixture
def viewer() -> Viewer:
    return Viewer("token", Principal("officer", frozenset({Role.ENERGY_OFFICER}), frozenset({"office"})), "en")


@pytest.fixture
def threshold() -> Threshold:
    return Threshold("t", "office", "Main", "site", "a-main", "Power/Active/Total", 86_000.0, 4_000.0, 30, 5)


@pytest.fixture
def breach() -> Breach:
    return Breach("b", "t", "office", 100_000, 86_000.0, 91_000.0)


@pytest.fixture
def command() -> MakeCommand:
    """`command(id, state, sent_ms=..., at_ms=..., value=28.0)`: a record of the breach `b`."""

    def make(
        identity: str,
        state: CommandState,
        *,
        device: str = "ac-1",
        value: float | None = 28.0,
        sent_ms: int | None = None,
        at_ms: int | None = None,
        outcome: Outcome = Outcome.VERIFIED,
    ) -> CommandRecord:
        request = CommandRequest(
            identity, "office", "site", "n", device, "Setpoint/Temperature", value, 12, 600, 60, "", "threshold:t", "b"
        )
        record = CommandRecord(request, state, proposed_ms=(sent_ms or 100_000) - 100, sent_ms=sent_ms)
        if at_ms is None:
            return record
        receipt = CommandReceipt(f"r-{identity}", identity, device, request.point, outcome, "written", value, at_ms)
        return replace(record, receipt=receipt)

    return make


@pytest.fixture
def places() -> Places:
    """A main meter, four part meters of two buildings, an air conditioner and water meters."""
    power = RegisteredPoint("Power/Active/Total", "float", "W", "gauge", writable=False)
    energy = RegisteredPoint("Energy/Active/Import", "int", "Wh", "counter", writable=False)
    setpoint = RegisteredPoint("Setpoint/Temperature", "float", "°C", "gauge", writable=True)
    volume = RegisteredPoint("Volume/Positive", "int", "L", "counter", writable=False)

    def place(device: str, building: str | None, sub_item: str, *points: RegisteredPoint) -> PlacedDevice:
        registered = RegisteredDevice("office", "site", "n", device, {}, points, is_online=True, changed_ms=0)
        return PlacedDevice(registered, plain(device), building, sub_item)

    devices = (
        place("a-floor", "a", "01A", power, energy),
        place("a-lighting", "a", "01A", power, energy),
        place("a-main", "a", "01", power, energy),
        place("ac-1", "a", "01B", setpoint),
        place("b-lighting", "b", "01A", power, energy),
        place("b-main", "b", "01", power, energy),
        place("a-water", "a", "02", volume),
        place("site-water", None, "02", volume),
    )
    return Places((), {"a": {"zh-CN": "一号楼", "en": "Building A"}}, devices)
