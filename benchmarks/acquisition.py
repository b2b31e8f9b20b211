"""What reading meters costs, ours and others side by side: 40 registers of each device once a second.

`xietong` puts every changed value (here: all) into the durable outbox and delivers it to an acknowledging host.
thingsboard-gateway publishes to the broker out of memory, in its usual way (a request per register) and in its best one
(a request per device). The bare clients (pymodbus; libmodbus in C, the physical limit) only read.
Meters and broker are processes of their own; every device has an endpoint of its own.
Goals: 100 devices under 18 % of a core and 75 MB, 1,000 devices sustained on one core.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks.support import libmodbus, thingsboard
from benchmarks.support.bare_meters import REGISTERS
from benchmarks.support.edge_load import Load, measure_edge
from benchmarks.support.plant import Plant, Usage, observe, running_plant
from benchmarks.support.report import arguments

SIZES = (100, 1_000)
TAGS_UP_TO = 100
"""Asked register by register the gateway cannot keep up with more."""
MEASURE_S, BARE_WARM_UP_S, GATEWAY_WARM_UP_S = 20.0, 5.0, 40.0
PYMODBUS = Path(__file__).parent / "support" / "pymodbus_poll.py"


def edge(devices: int) -> Usage:
    return measure_edge(Load(devices, units=1, measure_s=MEASURE_S)).usage


def gateway(devices: int, interpreter: Path, *, is_wide: bool) -> Usage:
    with running_plant(devices, units=1) as plant:
        platform = thingsboard.Platform(plant.broker_port)
        try:
            with thingsboard.running_gateway(
                interpreter, plant.folder / "gateway", plant.broker_port, plant.ports, REGISTERS, is_wide=is_wide
            ) as pid:
                return asyncio.run(_after(GATEWAY_WARM_UP_S, plant, pid, lambda: platform.points))
        finally:
            platform.close()


def bare(devices: int, *program: str | Path) -> Usage:
    with running_plant(devices, units=1) as plant, _running(*program, REGISTERS, *plant.ports) as pid:
        return asyncio.run(_after(BARE_WARM_UP_S, plant, pid, lambda: 0))


async def _after(warm_up_s: float, plant: Plant, pid: int, points: Callable[[], int]) -> Usage:
    await asyncio.sleep(warm_up_s)
    return await observe(plant, pid, MEASURE_S, points)


@contextmanager
def _running(*command: object) -> Iterator[int]:
    process = subprocess.Popen([str(part) for part in command])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def contenders(devices: int) -> dict[str, Callable[[], Usage]]:
    """Those that can be had on this machine, by name."""
    found: dict[str, Callable[[], Usage]] = {"xietong": lambda: edge(devices)}
    interpreter = thingsboard.install()
    if interpreter is not None:
        if devices <= TAGS_UP_TO:
            found["thingsboard-gateway, tags"] = lambda: gateway(devices, interpreter, is_wide=False)
        found["thingsboard-gateway, wide"] = lambda: gateway(devices, interpreter, is_wide=True)
    found["pymodbus, reads only"] = lambda: bare(devices, sys.executable, PYMODBUS)
    program = libmodbus.build()
    if program is not None:
        found["libmodbus C, reads only"] = lambda: bare(devices, program)
    return found


HEAD = (
    f"{'devices':>7}  {'program':<26} {'registers/s':>15} {'requests/s':>10} {'points/s':>9} "
    f"{'CPU %':>6} {'MB':>5} {'CPU / ours':>10} {'meters %':>8}"
)


def row(devices: int, name: str, usage: Usage, ours: Usage) -> str:
    read = f"{usage.registers_per_s:,.0f}/{devices * REGISTERS:,}"
    return (
        f"{devices:>7}  {name:<26} {read:>15} {usage.requests_per_s:>10,.0f} {usage.points_per_s:>9,.0f} "
        f"{usage.core * 100:>6.1f} {usage.rss_mb:>5.0f} {usage.core / ours.core:>10.2f} {usage.meters_core * 100:>8.1f}"
    )


def main() -> None:
    given = arguments(__doc__ or "")
    figures: list[dict[str, object]] = []
    print(HEAD)
    for devices in SIZES:
        ours: Usage | None = None
        for name, measure in contenders(devices).items():
            usage = measure()
            ours = ours or usage
            print(row(devices, name, usage, ours), flush=True)
            figures.append({"devices": devices, "program": name, **asdict(usage)})
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
