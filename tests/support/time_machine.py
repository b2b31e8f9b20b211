"""A box whose clock is set by anybody: the machine, the edge's way of keeping time over it, and a cloud that stores."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from device_profiles.catalogue import Catalogue
from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.acquisition.time_scale import TimeScale
from edge_agent.delivery.outbox import Lane, Outbox
from edge_agent.local.clock_watch import ClockWatch, read_kept
from foundation.disk import SystemDisk
from foundation.rng import SeededRng
from foundation.steady_clock import SteadyClock
from gateway.messages import Reading
from gateway.sparkplug.codec import decode
from gateway.sparkplug.vocabulary import EVENT, UNSYNCED
from tests.support.manual_clock import ManualClock
from tests.support.profiles import profile_of, register, site_of

TRUTH_MS = 1_790_000_000_000
"""When the story begins, by a right clock."""

METER, TRACKER, POINT = "meter", "tracker", "Value"


@dataclass(frozen=True)
class Stored:
    """A reading in the cloud: its number, its time, and whether that is marked as doubtful."""

    device: str
    number: int
    at_ms: int
    is_marked: bool


@dataclass
class Box:
    """The machine, on which the agent or all may start again. `truth[number]` is when a reading was made."""

    folder: Path
    wall_ms: int
    is_synchronised: bool = False
    boot: int = 1
    truth: dict[int, int] = field(default_factory=dict)
    sure: set[int] = field(default_factory=set)
    stored: list[Stored] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    on_shift: Callable[[int], None] = field(default=lambda shift_ms: None)

    def __post_init__(self) -> None:
        self.passed_s = 0.0
        self.machine = ManualClock(now_ms=self.wall_ms, monotonic_s=20.0)
        self._runner = asyncio.Runner()
        self.start()

    @property
    def true_ms(self) -> int:
        return TRUTH_MS + round(self.passed_s * 1000)

    def start(self) -> None:
        """The agent starts."""
        file = self.folder / "clock.json"
        kept, boot = read_kept(file), str(self.boot)
        catalogue = Catalogue([profile_of(register(POINT))])
        buses = [{"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1"}]
        site = site_of(buses, [{"id": METER, "bus": "line", "unit": 1}])
        self.outbox = Outbox(self.folder / "outbox.db", disk=SystemDisk(), rng=SeededRng(1), max_rows=10_000)
        self.clock = SteadyClock(self.machine, boot=boot, kept=kept)
        self.intake = OutboxIntake(
            outbox=self.outbox,
            image=ProcessImage(),
            deadband=Deadband({}, max_silence_s=0, counter_silence_s=60),
            clock=self.clock,
            rng=SeededRng(2),
            scale=TimeScale(self.clock, site, catalogue),
            on_life=lambda device, alive, at_ms: None,
            on_readings=lambda device, readings: None,
            on_commit=lambda: None,
        )
        self.watch = ClockWatch(
            self.clock,
            self.intake,
            file=file,
            kept=kept,
            last_spool=self.outbox.last_spool(),
            ask=lambda: self.is_synchronised,
            on_shift=self._shifted,
            after_change=lambda: None,
            rng=SeededRng(3),
        )
        self.look()

    def _shifted(self, shift_ms: int) -> None:
        self.on_shift(shift_ms)

    def look(self) -> None:
        self._runner.run(self.watch.look())

    def stop(self) -> None:
        """The agent ends in good order."""
        self._runner.run(self.intake.commit())
        self.watch.keep()
        self.outbox.close()

    def reboot(self, wall_ms: int) -> None:
        """Power comes back: another monotonic clock, a wall clock from anywhere, and no server yet."""
        self.stop()
        self.boot += 1
        self.machine = ManualClock(now_ms=wall_ms, monotonic_s=5.0)
        self.is_synchronised = False
        self.start()

    def pass_s(self, seconds: float) -> None:
        self.machine.advance(seconds)
        self.passed_s += seconds

    def read(self, device: str = METER) -> None:
        """The meter is read by our clock; a tracker says its own, right time."""
        number = len(self.truth)
        self.truth[number] = self.true_ms
        at_ms = self.clock.now_ms() if device == METER else self.true_ms
        if not self.clock.is_unsure:
            self.sure.add(number)
        self.intake.readings(device, [Reading(POINT, number, at_ms)])

    def send(self) -> None:
        """What may go is stored and freed."""
        self._runner.run(self.intake.commit())
        if not self.watch.may_send:
            return
        for row in self.outbox.rows_after(Lane.LIVE, 0, limit=10_000):
            for metric in decode(row.body).metrics:
                if metric.name.startswith(EVENT):
                    self.events.append(metric.name.removeprefix(EVENT))
                    continue
                is_marked = UNSYNCED in metric.properties  # one reading a row
                assert isinstance(metric.value, int)
                self.stored.append(Stored(row.device, metric.value, metric.timestamp_ms or 0, is_marked))
            self.outbox.free([(row.spool, row.spool)])

    def step(self, by_ms: int) -> None:
        """Somebody sets the clock, by which the kernel no longer counts as synchronised."""
        self.machine.set_wall(max(0, self.machine.now_ms() + by_ms))
        self.is_synchronised = False

    def synchronise(self) -> None:
        """A time server sets the clock right."""
        self.machine.set_wall(self.true_ms)
        self.is_synchronised = True

    def close(self) -> None:
        self.outbox.close()
        self._runner.close()
