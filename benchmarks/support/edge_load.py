"""One edge agent under a load of meters, with durable outbox, and delivery to a broker and an acknowledging host.

Meters, broker and host are processes of their own, so that what is measured is the agent alone.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from benchmarks.support.acknowledging_host import serve_host
from benchmarks.support.bare_meters import PROFILE, serve_meters
from edge_agent.app import open_outbox_file
from tests.support.mosquitto import start_mosquitto
from tests.support.process import ChildProcess, xietong
from tests.support.servers import locate
from tests.support.waiting import until

UNITS = 10
SETTLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Load:
    """Meters of 40 registers behind endpoints of UNITS each, asked every `period_s`.

    All their values change every `polls_per_change` polls.
    """

    devices: int
    period_s: float = 1.0
    measure_s: float = 20.0
    polls_per_change: int = 1


@dataclass(frozen=True, slots=True)
class Cost:
    """What the agent took: share of one core, resident memory, readings acquired and delivered per second."""

    core: float
    rss_mb: float
    acquired_per_s: float
    delivered_per_s: float
    waiting_rows: int


def measure_edge(load: Load) -> Cost:
    """Start everything, let it settle, measure, end it."""
    spawn = multiprocessing.get_context("spawn")
    here, there = multiprocessing.Pipe(duplex=False)
    meters = spawn.Process(target=serve_meters, args=(there, load.devices // UNITS, UNITS, load.polls_per_change))
    meters.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = start_mosquitto(locate("mosquitto"), folder / "broker")
        host = spawn.Process(target=serve_host, args=(broker.port,))
        host.start()
        try:
            return asyncio.run(_measure(load, folder, broker.port, here.recv()))
        finally:
            for process in (host, meters):
                process.terminate()
                process.join()
            broker.process.clean_up()


async def _measure(load: Load, folder: Path, broker_port: int, ports: list[int]) -> Cost:
    edge = ChildProcess(
        "edge", xietong("edge", "run", "--site", _site(load, folder, broker_port, ports)), folder / "edge.log"
    )
    edge.start()
    try:
        started = folder / "edge" / "outbox.db"
        await until(lambda: started.exists() and _counts(started)[0] > load.devices * 20, within_s=120)
        await asyncio.sleep(SETTLE_S)
        process = psutil.Process(edge.pid)
        before, begin_s, (acquired, waiting, _) = process.cpu_times(), time.monotonic(), _counts(started)
        await asyncio.sleep(load.measure_s)
        after, elapsed_s, (acquired_after, waiting_after, rows) = (
            process.cpu_times(), time.monotonic() - begin_s, _counts(started),
        )  # fmt: skip
        spent_s = after.user + after.system - before.user - before.system
        gained = acquired_after - acquired
        return Cost(
            spent_s / elapsed_s,
            process.memory_info().rss / 1e6,
            gained / elapsed_s,
            (gained - (waiting_after - waiting)) / elapsed_s,
            rows,
        )
    finally:
        edge.clean_up()


def _counts(file: Path) -> tuple[int, int, int]:
    """Readings acquired, readings that wait, rows that wait."""
    outbox = open_outbox_file(file)
    try:
        counts = outbox.counts()
        return counts.acquired, counts.readings, counts.rows
    finally:
        outbox.close()


def _site(load: Load, folder: Path, broker_port: int, ports: list[int]) -> Path:
    profiles = folder / "profiles"
    profiles.mkdir()
    (profiles / "bench_meter.yaml").write_text(json.dumps(PROFILE), encoding="utf-8")
    content = {
        "schema": "xietong.site/1",
        "group": "bench",
        "node": "edge-1",
        "broker": {"port": broker_port},
        "data_dir": "edge",
        "profiles": "profiles",
        "poll": {"fast_s": load.period_s, "normal_s": load.period_s, "slow_s": 60},
        "buses": [
            {"id": f"bus-{n}", "kind": "modbus_tcp", "host": "127.0.0.1", "port": port} for n, port in enumerate(ports)
        ],
        "devices": [
            {"id": f"meter-{n}", "profile": "bench.meter", "bus": f"bus-{n // UNITS}", "unit": n % UNITS + 1}
            for n in range(load.devices)
        ],
    }
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
