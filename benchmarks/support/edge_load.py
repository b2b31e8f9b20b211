"""One edge agent under a load of meters, with durable outbox, and delivery to a broker and an acknowledging host.

Meters, broker and host are processes of their own, so that what is measured is the agent alone.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.support.acknowledging_host import serve_host
from benchmarks.support.bare_meters import PROFILE
from benchmarks.support.plant import Plant, Usage, observe, running_plant
from edge_agent.app import open_outbox_file
from tests.support.process import ChildProcess, xietong
from tests.support.waiting import until

SETTLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Load:
    """Meters of 40 registers behind endpoints of `units` each, asked every `period_s`.

    All their values change every `polls_per_change` polls.
    """

    devices: int
    period_s: float = 1.0
    measure_s: float = 20.0
    polls_per_change: int = 1
    units: int = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What the agent took; its points are the readings delivered and acknowledged per second."""

    usage: Usage
    acquired_per_s: float
    waiting_rows: int


def measure_edge(load: Load) -> Cost:
    """Start everything, let it settle, measure, end it."""
    with running_plant(load.devices // load.units, load.units, load.polls_per_change) as plant:
        host = multiprocessing.get_context("spawn").Process(target=serve_host, args=(plant.broker_port,))
        host.start()
        try:
            return asyncio.run(_measure(load, plant))
        finally:
            host.terminate()
            host.join()


async def _measure(load: Load, plant: Plant) -> Cost:
    edge = ChildProcess("edge", xietong("edge", "run", "--site", _site(load, plant)), plant.folder / "edge.log")
    edge.start()
    try:
        file = plant.folder / "edge" / "outbox.db"
        # Births of many devices take the host a while; what is measured begins when rows are acknowledged.
        await until(lambda: file.exists() and _delivered(file) > load.devices * 100, within_s=300)
        await asyncio.sleep(SETTLE_S)
        acquired, _, _ = _counts(file)
        usage = await observe(plant, edge.pid, load.measure_s, lambda: _delivered(file))
        acquired_after, _, rows = _counts(file)
        return Cost(usage, (acquired_after - acquired) / load.measure_s, rows)
    finally:
        edge.clean_up()


def _delivered(file: Path) -> int:
    acquired, waiting, _ = _counts(file)
    return acquired - waiting


def _counts(file: Path) -> tuple[int, int, int]:
    """Readings acquired, readings that wait, rows that wait."""
    outbox = open_outbox_file(file)
    try:
        counts = outbox.counts()
        return counts.acquired, counts.readings, counts.rows
    finally:
        outbox.close()


def _site(load: Load, plant: Plant) -> Path:
    profiles = plant.folder / "profiles"
    profiles.mkdir()
    (profiles / "bench_meter.yaml").write_text(json.dumps(PROFILE), encoding="utf-8")
    content = {
        "schema": "xietong.site/1",
        "group": "bench",
        "node": "edge-1",
        "broker": {"port": plant.broker_port},
        "data_dir": "edge",
        "profiles": "profiles",
        "poll": {"fast_s": load.period_s, "normal_s": load.period_s, "slow_s": 60},
        "buses": [
            {"id": f"bus-{n}", "kind": "modbus_tcp", "host": "127.0.0.1", "port": port}
            for n, port in enumerate(plant.ports)
        ],
        "devices": [
            {"id": f"meter-{n}", "profile": "bench.meter", "bus": f"bus-{n // load.units}", "unit": n % load.units + 1}
            for n in range(load.devices)
        ],
    }
    path = plant.folder / "site.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
