"""An edge node that is killed again and again while it carries out commands: `command_victim.py FOLDER SEED KILLS`.

Every life is a forked process that ends by SIGKILL from outside at a random moment; the last one ends by itself when
nothing is open any longer. `writes.log` is the device: what was executed, in order, kept by no code under test.
`issued.log` and `receipts.log` are the cloud's side. With `--mark-after-write` the journal has the classic mistake.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Profile
from edge_agent.commands.arbiter import MANUAL_OPERATOR
from edge_agent.commands.journal import Journal
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.commands.service import CommandService
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from foundation.rng import SystemRng
from gateway.envelope import seal
from gateway.keys import trusted_key
from gateway.messages import Command, CommandAction, CommandReceipt, DeviceEvent, Value
from tests.support.command_bench import KEY, make_site
from tests.support.commands import command_of

DEVICES = ("d-1", "d-2")
POINT = "Power/Limit"
SAFE_VALUE = 0
HIGHEST = 1_000_000
RELINQUISH_EVERY = 7
OUTSIDE_EVERY = 11
EXPIRED_EVERY = 13
RETRIED = 6
DONE_AFTER_S = 30
PROFILE = Profile.model_validate(
    {
        "schema": "xietong.device-profile/1",
        "id": "test.limit",
        "vendor": "Test",
        "models": ["A"],
        "carrier": "electricity",
        "role": "actuator",
        "provenance": [{"source": "none", "checked": "secondary", "confidence": "C"}],
        "writable": [
            {
                "name": POINT, "table": "holding", "address": 0, "type": "uint32", "unit": "W", "write": "fc16",
                "limits": [0, HIGHEST], "max_writes_per_h": 1_000_000, "verify": {"after_ms": 0},
                "safe_value": SAFE_VALUE,
            }
        ],
    }
)  # fmt: skip


class QuickDisk(SystemDisk):
    """Without fsync: what a killed process handed to the kernel stays, and many more commands fit into a second."""

    def open_database(self, path: Path) -> sqlite3.Connection:
        connection = super().open_database(path)
        connection.execute("PRAGMA synchronous=OFF")
        return connection


class MarkAfterWrite(Journal):
    """The planted mistake: a command is journalled once the device has confirmed it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, disk=QuickDisk(), clock=SystemClock())
        self._unmarked: dict[str, tuple[Command, float | None, float]] = {}

    def receive(self, command: Command, *, counts: bool) -> None:
        if command.action is CommandAction.RELINQUISH:
            super().receive(command, counts=counts)

    def intend(self, command: Command, *, before: float | None, lease_ends_s: float) -> None:
        if command.action is CommandAction.RELINQUISH:
            super().intend(command, before=before, lease_ends_s=lease_ends_s)
        else:
            self._unmarked[command.command_id] = (command, before, lease_ends_s)

    def written(self, command_id: str) -> None:
        command, before, lease_ends_s = self._unmarked.pop(command_id)
        super().receive(command, counts=True)
        super().intend(command, before=before, lease_ends_s=lease_ends_s)
        super().written(command_id)


class LogFile:
    """A file of lines; each is in the kernel, whole, when `append` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def append(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())

    def lines(self) -> list[str]:
        return self._path.read_text().splitlines()


class LoggedDevices:
    """PointWriter whose state is the log of what was executed."""

    def __init__(self, log: LogFile, chance: random.Random) -> None:
        self._log, self._chance = log, chance
        self._values = dict.fromkeys(DEVICES, float(SAFE_VALUE))
        for line in log.lines():
            device, value = line.split()
            self._values[device] = float(value)

    async def write(self, device: str, point: str, value: float, *, until_s: float | None = None) -> None:
        await self._take_time()
        self._log.append(f"{device} {value:g}")
        self._values[device] = value
        await self._take_time()

    async def read_back(self, device: str, point: str) -> Value:
        await self._take_time()
        return self._values[device]

    async def _take_time(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, 0.003))


class Life:
    """One process of the edge node, with the cloud that orders from it."""

    def __init__(self, folder: Path, seed: int, *, mark_after_write: bool) -> None:
        self._clock, rng = SystemClock(), SystemRng()
        self._issued, self._receipts = LogFile(folder / "issued.log"), LogFile(folder / "receipts.log")
        self._events = LogFile(folder / "events.log")
        self._nonce = rng.token(16).hex()
        path = folder / "commands.db"
        self.journal = MarkAfterWrite(path) if mark_after_write else Journal(path, disk=QuickDisk(), clock=self._clock)
        link = LinkWatch(self._clock, 3_600)
        self._service = CommandService(
            site=make_site(folder, dict.fromkeys(DEVICES, PROFILE.id)),
            catalogue=Catalogue([PROFILE]),
            last_reading=lambda device, point: None,
            writer=LoggedDevices(LogFile(folder / "writes.log"), random.Random(seed)),
            journal=self.journal,
            receipts=self._take_receipt,
            link_watch=link,
            trusted=[trusted_key(KEY.public_key())],
            nonce=self._nonce,
            clock=self._clock,
            rng=rng,
            events=self._take_event,
        )
        self._past = self._issued.lines()
        self._numbers: Iterator[int] = count(len(self._past) + 1)

    async def live(self) -> None:
        """Order without end; what the last life was ordered comes again, signed anew, after one new command."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._service.run())
            for device in DEVICES:
                tasks.create_task(self._order_without_end(device))

    async def finish(self) -> None:
        """Run until nothing is open."""
        running = asyncio.create_task(self._service.run())
        async with asyncio.timeout(DONE_AFTER_S):
            while any(self.journal.open_commands(device) for device in DEVICES) or self.journal.waiting_receipts():
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def _order_without_end(self, device: str) -> None:
        await self._order(device)
        for line in self._past[-RETRIED:]:
            name, of_device = line.split()
            if of_device == device:
                await self._send(device, int(name))
        while True:
            await self._order(device)

    async def _order(self, device: str) -> None:
        number = next(self._numbers)
        self._issued.append(f"{number} {device}")
        await self._send(device, number)

    async def _send(self, device: str, number: int) -> None:
        is_write = number % RELINQUISH_EVERY != 0
        now_ms = self._clock.now_ms()
        command = command_of(
            number,
            counter=time.monotonic_ns(),
            device=device,
            point=POINT,
            action=CommandAction.WRITE if is_write else CommandAction.RELINQUISH,
            value=float(number + (HIGHEST if number % OUTSIDE_EVERY == 0 else 0)) if is_write else None,
            priority=MANUAL_OPERATOR,  # an automatic one would be kept from a second write by the panel override too
            lease_s=3_600,
            not_before_ms=now_ms,
            expires_ms=now_ms - 1 if number % EXPIRED_EVERY == 0 else now_ms + 60_000,
            nonce=self._nonce,
        )
        await self._service.handle(device, seal(command, KEY))

    async def _take_receipt(self, receipt: CommandReceipt) -> None:
        self._receipts.append(json.dumps(asdict(receipt)))

    def _take_event(self, event: DeviceEvent) -> None:
        self._events.append(event.kind)


def main(folder: Path, seed: int, kills: int, *, mark_after_write: bool, longest_s: float) -> None:
    chance = random.Random(seed)
    for life in range(kills):
        child = os.fork()
        if child == 0:
            asyncio.run(Life(folder, seed + life, mark_after_write=mark_after_write).live())
            os._exit(1)
        time.sleep(chance.uniform(0.01, longest_s))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(f"life {life} ended by itself: {status}")
    last = Life(folder, seed, mark_after_write=mark_after_write)
    asyncio.run(last.finish())
    last.journal.shut()


if __name__ == "__main__":
    options = sys.argv[4:]
    main(
        Path(sys.argv[1]),
        int(sys.argv[2]),
        int(sys.argv[3]),
        mark_after_write="--mark-after-write" in options,
        longest_s=0.4 if "--long-lives" in options else 0.12,
    )
