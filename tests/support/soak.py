"""The core of the edge in virtual time: meters polled, thinned, kept, sent and acknowledged, for hours in seconds."""

from __future__ import annotations

import asyncio
import gc
import struct
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.poller import Poller
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.acquisition.time_scale import TimeScale
from edge_agent.delivery.outbox import Outbox
from edge_agent.delivery.uplink import Uplink
from edge_agent.local.clock_watch import ClockWatch
from foundation.disk import SystemDisk
from foundation.link import Dial, Link
from foundation.rng import SeededRng
from foundation.steady_clock import SteadyClock
from gateway.stream import Acknowledgement, RangeSet
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.virtual_loop import LoopClock
from tests.support.waiting import running

METERS = 40
ACKNOWLEDGED_AFTER_S = 0.3
POINTS = [register(f"Value{number}", number, poll="fast", deadband={"abs": number}) for number in range(1, 5)]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process takes after so many simulated seconds."""

    at_s: float
    rss_mb: float
    objects: int


@dataclass(frozen=True, slots=True)
class SoakResult:
    samples: list[Sample]
    polls: int
    acquired: int
    sent: int
    waiting: int

    def growth_mb_per_day(self, after_s: float) -> float:
        """Slope of the least-squares line through the memory taken after `after_s`, which is warm-up."""
        points = [(one.at_s, one.rss_mb) for one in self.samples if one.at_s >= after_s]
        mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
        spread = sum((x - mean_x) ** 2 for x, _ in points)
        return 86_400 * sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


class _AtOnce(ThreadPoolExecutor):
    """Work for threads is done at once: virtual time must not run on meanwhile."""

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        done: Future[Result] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


class _MeterLink:
    """A Modbus TCP meter in memory; its registers rise with time, some faster than others."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._answer = b""

    async def send(self, data: bytes) -> None:
        transaction, _, _, unit, function, address, count = struct.unpack(">HHHBBHH", data[:12])
        self._plant.polls += 1
        second = int(asyncio.get_running_loop().time())
        words = [second // (address + offset) % 60_000 for offset in range(count)]
        self._answer = struct.pack(f">HHHBBB{count}H", transaction, 0, 3 + 2 * count, unit, function, 2 * count, *words)

    async def receive(self, timeout_s: float) -> bytes:
        answer, self._answer = self._answer, b""
        if not answer:
            await asyncio.sleep(timeout_s)
            raise TimeoutError
        return answer

    async def close(self) -> None:
        self._answer = b""


class Plant:
    """All meters; counts the questions."""

    def __init__(self) -> None:
        self.polls = 0

    def dial(self, _bus: object) -> Dial:
        async def dial() -> Link:
            return _MeterLink(self)

        return dial


class _AcknowledgingNode:
    """Stands in for the session and the cloud; offline from `away_s` on for a while."""

    def __init__(self, away_s: tuple[float, float]) -> None:
        self._away_s, self.sent = away_s, 0
        self.uplink: Uplink | None = None
        self._stream = ""

    def attach(self, uplink: Uplink, stream: str) -> None:
        self.uplink, self._stream = uplink, stream

    @property
    def is_online(self) -> bool:
        return not self._away_s[0] <= asyncio.get_running_loop().time() < self._away_s[1]

    def send_row(self, device: str, spool: int, body: bytes) -> None:
        assert self.uplink is not None
        self.sent += 1
        told = Acknowledgement(self._stream, RangeSet([(spool, spool)]))
        asyncio.get_running_loop().call_later(ACKNOWLEDGED_AFTER_S, self.uplink.acknowledged, told)


async def soak(folder: Path, *, seconds: float, sample_s: float, away_s: tuple[float, float]) -> SoakResult:
    """Run the core for so long; call within `run_virtual`."""
    asyncio.get_running_loop().set_default_executor(_AtOnce())
    buses = [{"id": f"line-{n}", "kind": "modbus_tcp", "host": "nowhere"} for n in range(METERS)]
    devices = [{"id": f"meter-{n}", "bus": f"line-{n}", "unit": 1} for n in range(METERS)]
    site = site_of(buses, devices, poll={"fast_s": 1})
    catalogue = catalogue_of(profile_of(*POINTS))
    machine, plant, rng = LoopClock(), Plant(), SeededRng(1)
    clock = SteadyClock(machine)
    outbox = Outbox(folder / "outbox.db", disk=SystemDisk(), rng=rng, max_rows=1_000_000)
    node = _AcknowledgingNode(away_s)
    uplink = Uplink(outbox, node, clock)  # type: ignore[arg-type]
    node.attach(uplink, outbox.stream)
    intake = OutboxIntake(
        outbox=outbox,
        image=ProcessImage(),
        deadband=Deadband.of_site(site, catalogue),
        clock=clock,
        rng=rng,
        scale=TimeScale(clock, site, catalogue),
        on_life=lambda device, is_alive, at_ms: None,
        on_readings=lambda device, readings: None,
        on_commit=uplink.wake,
    )
    watch = ClockWatch(
        clock,
        intake,
        file=folder / "clock.json",
        kept=None,
        last_spool=0,
        ask=lambda: True,
        on_shift=lambda shift_ms: None,
        after_change=lambda: None,
        rng=rng,
    )
    poller = Poller(site, catalogue, intake, clock, rng, dial_factory=plant.dial)
    samples = []
    async with running(intake.run(), uplink.run(), watch.run(), poller.run()) as tasks:
        while machine.monotonic() < seconds:
            await machine.sleep(sample_s)
            samples.append(_sample(machine.monotonic()))
            assert not any(task.done() for task in tasks)
    counts = outbox.counts()
    outbox.close()
    return SoakResult(samples, plant.polls, counts.acquired, node.sent, counts.rows)


def _sample(at_s: float) -> Sample:
    gc.collect()
    return Sample(at_s, psutil.Process().memory_info().rss / 2**20, len(gc.get_objects()))
