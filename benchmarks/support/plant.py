"""The surroundings of what is measured: bare meters that count what they are asked, a broker, and what a process costs.

Meters and broker are processes of their own, so that only the program in question is measured.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawArray
from pathlib import Path

import psutil

from benchmarks.support.bare_meters import Counts, serve_meters
from tests.support.mosquitto import start_mosquitto
from tests.support.servers import locate


@dataclass(frozen=True, slots=True)
class Plant:
    """Running meters and a broker; `asked` counts requests and registers."""

    folder: Path
    broker_port: int
    ports: list[int]
    meters_pid: int
    asked: Counts


@dataclass(frozen=True, slots=True)
class Usage:
    """What a program did and took: shares of one core, per second, and resident memory.

    `meters_core` is what the meters took meanwhile: near 1 they would be the bottleneck.
    """

    core: float
    rss_mb: float
    requests_per_s: float
    registers_per_s: float
    points_per_s: float
    meters_core: float


@contextmanager
def running_plant(endpoints: int, units: int, polls_per_change: int = 1) -> Iterator[Plant]:
    """`units` meters behind each of `endpoints`; all values change every `polls_per_change` polls."""
    spawn = multiprocessing.get_context("spawn")
    here, there = multiprocessing.Pipe(duplex=False)
    asked = RawArray("Q", 2)
    meters = spawn.Process(target=serve_meters, args=(there, endpoints, units, polls_per_change, asked))
    meters.start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        broker = start_mosquitto(locate("mosquitto"), folder / "broker")
        try:
            assert meters.pid is not None
            yield Plant(folder, broker.port, here.recv(), meters.pid, asked)
        finally:
            meters.terminate()
            meters.join()
            broker.process.clean_up()


async def observe(plant: Plant, pid: int, seconds: float, points: Callable[[], int]) -> Usage:
    """Look at process `pid` for so long; `points` is a counter of what arrived at the other end."""
    process, meters = psutil.Process(pid), psutil.Process(plant.meters_pid)

    def state() -> tuple[float, ...]:
        return time.monotonic(), _spent_s(process), plant.asked[0], plant.asked[1], points(), _spent_s(meters)

    before = state()
    await asyncio.sleep(seconds)
    elapsed_s, *gained = (late - early for early, late in zip(before, state(), strict=True))
    core, requests, registers, arrived, meters_core = (one / elapsed_s for one in gained)
    return Usage(core, process.memory_info().rss / 1e6, requests, registers, arrived, meters_core)


def _spent_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
