"""A CommandService over a real journal with devices in memory: what its tests order, see written and get told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_profiles.catalogue import Catalogue, load_catalogue
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.commands.journal import Journal
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.commands.service import CommandService
from edge_agent.drivers.driver import PointWriter
from edge_agent.site import Site
from foundation.clock import Clock
from foundation.disk import Disk, SystemDisk
from foundation.errors import DeviceError, LinkError
from foundation.rng import SeededRng
from gateway.envelope import seal
from gateway.keys import trusted_key
from gateway.messages import Command, CommandAction, CommandReceipt, DeviceEvent, Outcome, Reading, Value
from tests.support.commands import SETPOINT, command_of
from tests.support.manual_clock import ManualClock

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DEVICES = {"ac-1": "intesis.ac", "ac-2": "intesis.ac", "relay": "kmtronic.relay8", "meter": "eastron.sdm630"}


SeeReading = Callable[[str, str, Value], None]
"""Told every good reading of a device's point."""


class MemoryDevices:
    """PointWriter over a dictionary. `faults` of a device are raised one per call, "late" ones after the write."""

    def __init__(self, on_read: SeeReading) -> None:
        self._on_read = on_read
        self.values: dict[tuple[str, str], Value] = defaultdict(lambda: 22.0)
        self.writes: list[tuple[str, str, float]] = []
        self.write_faults: dict[str, list[DeviceError | LinkError]] = defaultdict(list)
        self.late_faults: dict[str, list[DeviceError | LinkError]] = defaultdict(list)
        self.down: dict[str, DeviceError | LinkError] = {}
        self.deaf: set[str] = set()
        self.until_s: float | None = None
        self.gates: dict[str, asyncio.Event] = {}

    async def write(self, device: str, point: str, value: float, *, until_s: float | None = None) -> None:
        await self._pass(device)
        if self.write_faults[device]:
            raise self.write_faults[device].pop(0)
        self.writes.append((device, point, value))
        self.until_s = until_s
        if device not in self.deaf:
            self.values[device, point] = value
        if self.late_faults[device]:
            raise self.late_faults[device].pop(0)

    async def read_back(self, device: str, point: str) -> Value:
        await self._pass(device)
        value = self.values[device, point]
        self._on_read(device, point, value)
        return value

    async def _pass(self, device: str) -> None:
        await asyncio.sleep(0)
        if gate := self.gates.get(device):
            await gate.wait()
        if device in self.down:
            raise self.down[device]


class CommandBench:
    """One edge node under test; `restart` is a new process over the same journal and devices."""

    def __init__(
        self,
        folder: Path,
        *,
        devices: Mapping[str, str] = DEVICES,
        catalogue: Catalogue | None = None,
        accept_unsigned: bool = False,
        interlocks: Sequence[Mapping[str, Any]] = (),
        disk: Disk | None = None,
        make_writer: Callable[[Clock, SeeReading], PointWriter] | None = None,
    ) -> None:
        self.folder = folder
        self._disk = disk or SystemDisk()
        self.clock = ManualClock(is_eager=True)
        self.image = ProcessImage()
        self.devices = MemoryDevices(self.see)
        self.writer: PointWriter = self.devices
        if make_writer is not None:
            self.writer = make_writer(self.clock, self.see)
        self.receipts: list[CommandReceipt] = []
        self.events: list[DeviceEvent] = []
        self.outbox_fault: Exception | None = None
        self.catalogue = catalogue or _shipped_catalogue()
        self._site = make_site(folder, devices, accept_unsigned=accept_unsigned, interlocks=interlocks)
        self._boots = 0
        self._counter = 0
        self._start()

    def restart(self, *, wiped: bool = False) -> None:
        """A new boot with a new nonce; `wiped` loses the journal."""
        self.journal.shut()
        if wiped:
            for file in self.folder.glob("commands.db*"):
                file.unlink()
        self._start()

    def _start(self) -> None:
        self._boots += 1
        self.nonce = f"nonce-{self._boots}"
        self.link = LinkWatch(self.clock, 120)
        self.link.online()
        self.journal = Journal(self.folder / "commands.db", disk=self._disk, clock=self.clock)
        self.service = CommandService(
            site=self._site,
            catalogue=self.catalogue,
            writer=self.writer,
            last_reading=self.image.last,
            journal=self.journal,
            receipts=self.put_receipt,
            link_watch=self.link,
            trusted=[trusted_key(KEY.public_key())],
            nonce=self.nonce,
            clock=self.clock,
            rng=SeededRng(self._boots),
            events=self.events.append,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.shut()

    def see(self, device: str, point: str, value: Value) -> None:
        """A good reading of now reaches the process image, as polls do."""
        self.image.update(device, [Reading(point, value, self.clock.now_ms())])

    async def put_receipt(self, receipt: CommandReceipt) -> None:
        if self.outbox_fault is not None:
            raise self.outbox_fault
        self.receipts.append(receipt)

    def command(self, **changes: Any) -> Command:
        """An acceptable command: ac-1 to 24 °C at priority 10 for 600 s."""
        self._counter += 1
        now_ms = self.clock.now_ms()
        valid = {"not_before_ms": now_ms - 1_000, "expires_ms": now_ms + 30_000}
        usual = {"command_id": f"cmd-{self._counter}", "nonce": self.nonce, **valid}
        return command_of(self._counter, **{**usual, **changes})

    def relinquish(self, **changes: Any) -> Command:
        return self.command(action=CommandAction.RELINQUISH, value=None, **changes)

    async def send(self, command: Command, *, topic: str | None = None) -> bytes:
        """Sign and hand in; the envelope for a replay."""
        data = seal(command, KEY)
        await self.service.handle(topic or command.device, data)
        return data

    async def order(self, **changes: Any) -> Command:
        command = self.command(**changes)
        await self.send(command)
        return command

    def told(self, command: Command) -> list[tuple[Outcome, str]]:
        """Outcome and reason of every receipt of a command, in order."""
        return [(one.outcome, one.reason) for one in self.receipts if one.command_id == command.command_id]

    def written(self, device: str = "ac-1", point: str = SETPOINT) -> list[float]:
        return [value for where, what, value in self.devices.writes if (where, what) == (device, point)]

    def set_by_hand(self, value: Value, device: str = "ac-1", point: str = SETPOINT) -> None:
        self.devices.values[device, point] = value


@cache
def _shipped_catalogue() -> Catalogue:
    return load_catalogue()


def make_site(
    folder: Path,
    devices: Mapping[str, str],
    *,
    accept_unsigned: bool = False,
    interlocks: Sequence[Mapping[str, Any]] = (),
) -> Site:
    """A site of devices (id -> profile) on one bus."""
    listed: Sequence[dict[str, Any]] = [
        {"id": name, "profile": profile, "bus": "bus", "unit": unit}
        for unit, (name, profile) in enumerate(devices.items(), start=1)
    ]
    return Site.model_validate(
        {
            "schema": "xietong.site/1",
            "group": "demo",
            "node": "edge-1",
            "data_dir": folder,
            "accept_unsigned": accept_unsigned,
            "buses": [{"id": "bus", "kind": "modbus_tcp", "host": "127.0.0.1"}],
            "devices": listed,
            "interlocks": interlocks,
        }
    )
