"""A process with a fleet of gateways, told by a pipe what to do next."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from benchmarks.support.report import percentile
from tests.support.broker_figures import DROPPED, HELD, BrokerFigures
from tests.support.gateway_fleet import Fleet

DRAIN_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True)
class Rounds:
    """So many rows of every gateway, one a period."""

    number: int
    period_s: float


@dataclass(frozen=True, slots=True)
class Told:
    """What a step brought. Waits are from the moment of a reading to its acknowledgement, after the commit."""

    seconds: float
    rows: int
    wait_p50_s: float
    wait_p99_s: float
    wait_most_s: float
    behind_plan_s: float
    cpu_seconds: float
    resent: int
    rebirths: int
    dropped_by_broker: int
    most_in_broker: int
    streams: dict[str, int]
    """At the last step only."""


@dataclass(frozen=True, slots=True)
class FleetProcess:
    """The other end of the pipe; the first answer comes when all are connected."""

    pipe: Connection

    def do(self, step: Rounds | None) -> Told:
        """A step and everything acknowledged; None is the last."""
        self.pipe.send(step)
        return self.answer()

    def answer(self) -> Told:
        told = self.pipe.recv()
        assert isinstance(told, Told)
        return told


@contextmanager
def running_fleet(gateways: int, slots: int, port: int) -> Iterator[FleetProcess]:
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_run, args=(there, gateways, slots, port))
    process.start()
    # Of the two processes only the fleet holds this end now: if it dies, `recv` says so.
    there.close()
    try:
        yield FleetProcess(here)
    finally:
        process.terminate()
        process.join()


def _run(pipe: Connection, gateways: int, slots: int, port: int) -> None:
    asyncio.run(_serve(pipe, Fleet(gateways, slots), port))


async def _serve(pipe: Connection, fleet: Fleet, port: int) -> None:
    figures = BrokerFigures()
    await figures.watch(port)
    looking = asyncio.create_task(fleet.look_after())
    start = (time.monotonic(), time.process_time())
    await fleet.connect(port)
    pipe.send(_told(fleet, figures, 0, start, is_last=False))
    while (step := await asyncio.to_thread(pipe.recv)) is not None:
        start = (time.monotonic(), time.process_time())
        fleet.counts.waits, fleet.late_s, figures.most = [], 0.0, {}
        before = fleet.counts.acknowledged
        await fleet.rounds(step.number, step.period_s)
        await fleet.drained(DRAIN_WITHIN_S)
        pipe.send(_told(fleet, figures, fleet.counts.acknowledged - before, start, is_last=False))
    pipe.send(_told(fleet, figures, 0, start, is_last=True))
    looking.cancel()
    fleet.close()
    figures.close()


def _told(fleet: Fleet, figures: BrokerFigures, rows: int, start: tuple[float, float], *, is_last: bool) -> Told:
    waits = fleet.counts.waits or [0.0]
    return Told(
        seconds=time.monotonic() - start[0],
        rows=rows,
        wait_p50_s=percentile(waits, 0.5),
        wait_p99_s=percentile(waits, 0.99),
        wait_most_s=max(waits),
        behind_plan_s=fleet.late_s,
        cpu_seconds=time.process_time() - start[1],
        resent=fleet.counts.resent,
        rebirths=fleet.counts.rebirths,
        dropped_by_broker=figures.now.get(DROPPED, 0),
        most_in_broker=figures.most.get(HELD, 0),
        streams={one.stream: fleet.spool for one in fleet.gateways} if is_last else {},
    )
