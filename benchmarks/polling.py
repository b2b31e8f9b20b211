"""What the edge agent costs while it polls 100 meters of about 40 registers each second.

The simulated meters are a process of their own; there is no cloud, so every reading stays in the outbox. Limits: 18 %
of a core and 75 MB, what a well-known gateway needs for the same load (100 devices x 40 registers at 1 Hz).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import yaml

from benchmarks.support.report import arguments, publish
from device_profiles.catalogue import load_catalogue
from edge_agent.app import open_outbox_file
from foundation.clock import SystemClock
from foundation.rng import SystemRng
from simulators.modbus_device import ModbusUnit
from simulators.modbus_server import ModbusEndpoint
from simulators.plausible import PlausibleDevice
from tests.support.ports import free_port
from tests.support.process import ChildProcess, xietong
from tests.support.waiting import until

PROFILE = "eastron.sdm630"
ENDPOINTS, UNITS = 10, 10
MEASURE_S = 20.0
LIMIT_CORE, LIMIT_MB = 0.18, 75.0


def serve_meters(tell: Connection) -> None:
    async def serve() -> None:
        profile, clock = load_catalogue().get(PROFILE), SystemClock()
        ports = []
        for _ in range(ENDPOINTS):
            units = {
                unit: ModbusUnit(profile, PlausibleDevice(profile, clock.now_ms()), clock, SystemRng())
                for unit in range(1, UNITS + 1)
            }
            endpoint = ModbusEndpoint(units, "127.0.0.1", 0)
            await endpoint.start()
            ports.append(endpoint.port)
        tell.send(ports)
        await asyncio.Event().wait()

    asyncio.run(serve())


def site_file(folder: Path, ports: list[int]) -> Path:
    buses = [
        {"id": f"bus-{n}", "kind": "modbus_tcp", "host": "127.0.0.1", "port": port} for n, port in enumerate(ports)
    ]
    devices = [
        {"id": f"meter-{n}-{unit}", "profile": PROFILE, "bus": f"bus-{n}", "unit": unit}
        for n in range(len(ports))
        for unit in range(1, UNITS + 1)
    ]
    content = {
        "schema": "xietong.site/1",
        "group": "bench",
        "node": "edge-1",
        "broker": {"port": free_port()},
        "data_dir": "edge",
        "poll": {"fast_s": 1, "normal_s": 1, "slow_s": 1},
        "buses": buses,
        "devices": devices,
    }
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def acquired(folder: Path) -> int:
    outbox = open_outbox_file(folder / "edge" / "outbox.db")
    try:
        return outbox.counts().acquired
    finally:
        outbox.close()


async def measure(folder: Path, ports: list[int]) -> dict[str, float]:
    edge = ChildProcess("edge", xietong("edge", "run", "--site", site_file(folder, ports)), folder / "edge.log")
    edge.start()
    try:
        started = folder / "edge" / "outbox.db"
        await until(lambda: started.exists() and acquired(folder) > ENDPOINTS * UNITS, within_s=60)
        process = psutil.Process(edge.pid)
        before, begin, readings = process.cpu_times(), time.monotonic(), acquired(folder)
        await asyncio.sleep(MEASURE_S)
        after, elapsed = process.cpu_times(), time.monotonic() - begin
        core = (after.user + after.system - before.user - before.system) / elapsed
        memory_mb = process.memory_info().rss / 1e6
        kept = (acquired(folder) - readings) / elapsed
    finally:
        edge.clean_up()
    return {
        "devices": len(ports) * UNITS,
        "readings_kept_per_s": kept,
        "cpu_cores": core,
        "rss_mb": memory_mb,
        "cpu_over_limit": core / LIMIT_CORE,
        "rss_over_limit": memory_mb / LIMIT_MB,
    }


def main() -> None:
    given = arguments(__doc__ or "")
    here, there = multiprocessing.Pipe(duplex=False)
    meters = multiprocessing.get_context("spawn").Process(target=serve_meters, args=(there,))
    meters.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            publish(asyncio.run(measure(Path(name), here.recv())), given.json)
    finally:
        meters.terminate()
        meters.join()


if __name__ == "__main__":
    main()
