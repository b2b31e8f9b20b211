"""How late healthy devices are polled while one in five is dead.

50 meters are asked each second, 10 of them never answer. Two arrangements: every meter behind an endpoint of its own,
and five gateways with ten meters each, two of them dead. A poll is late by the time between its place in the schedule
(taken from the usual phase of its device) and its request's arrival at the meter. Goal: the p99 lateness
of healthy devices stays under one poll interval.
"""

from __future__ import annotations

import asyncio
import bisect
import math
import time
from collections import Counter, defaultdict

from benchmarks.support.report import arguments, percentile, publish
from device_profiles.profile import Profile
from edge_agent.acquisition.poller import Poller
from edge_agent.site import Site
from foundation.clock import SystemClock
from foundation.rng import SystemRng
from tests.support.modbus_server import ModbusServer, Request, echo_unit
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.recording_intake import RecordingIntake

INTERVAL_S, MEASURE_S, SETTLE_S = 1.0, 40.0, 15.0
DEVICES, DEAD_EVERY = 50, 5
JITTER_S = 0.02
"""Arrivals that come so much ahead of the schedule still belong to it."""
ARRANGEMENTS = {"own_endpoint": 1, "gateway_of_10": 10}


def meter() -> Profile:
    points = [register(f"P{number}", number * 2, "float32", poll="fast") for number in range(20)]
    return profile_of(*points, link={"timeout_ms": 600, "retries": 1})


async def silent(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    """A dead meter behind a living gateway."""


async def measure(per_line: int) -> list[float]:
    """Lateness of every poll of a healthy device, in intervals."""
    servers = [ModbusServer({unit: echo_unit() for unit in range(1, per_line + 1)}) for _ in range(DEVICES // per_line)]
    for server in servers:
        await server.start()
    dead = {(index // per_line, index % per_line + 1) for index in range(0, DEVICES, DEAD_EVERY)}
    for line, unit in dead:
        servers[line].behaviour[unit] = silent
    site, catalogue = site_for(servers, per_line), catalogue_of(meter())
    poller = Poller(site, catalogue, RecordingIntake(), SystemClock(), SystemRng())
    running = asyncio.create_task(poller.run())
    await asyncio.sleep(SETTLE_S)
    begin_s = time.monotonic()
    await asyncio.sleep(MEASURE_S)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    times: dict[tuple[int, int], list[float]] = defaultdict(list)
    for line, server in enumerate(servers):
        for request in server.requests:
            if request.at_s >= begin_s and (line, request.unit) not in dead:
                times[line, request.unit].append(request.at_s)
        await server.stop()
    return [late for of_one in times.values() for late in lateness(of_one)]


def site_for(servers: list[ModbusServer], per_line: int) -> Site:
    buses = [
        {"id": f"line-{n}", "kind": "modbus_tcp", "host": "127.0.0.1", "port": server.port}
        for n, server in enumerate(servers)
    ]
    devices = [{"id": f"meter-{n}", "bus": f"line-{n // per_line}", "unit": n % per_line + 1} for n in range(DEVICES)]
    poll = {"fast_s": INTERVAL_S, "normal_s": INTERVAL_S, "slow_s": INTERVAL_S}
    return site_of(buses, devices, poll=poll)


def lateness(times: list[float]) -> list[float]:
    """For every time at which a poll was due: how long until the device was asked, in intervals.

    One poll may answer for several due times; so what was left out counts with all the time that it was late.
    """
    bins = Counter(round(at_s % INTERVAL_S / JITTER_S) for at_s in times)
    phase_s = bins.most_common(1)[0][0] * JITTER_S
    due_s = math.floor(times[0] / INTERVAL_S) * INTERVAL_S + phase_s - JITTER_S
    late: list[float] = []
    while due_s < times[-1]:
        asked_s = times[bisect.bisect_left(times, due_s)]
        late.append(max(0.0, asked_s - due_s - JITTER_S) / INTERVAL_S)
        due_s += INTERVAL_S
    return late


async def compare() -> dict[str, float]:
    figures: dict[str, float] = {"devices": DEVICES, "dead": DEVICES / DEAD_EVERY, "interval_s": INTERVAL_S}
    for name, per_line in ARRANGEMENTS.items():
        late = await measure(per_line)
        figures[f"{name}_polls"] = len(late)
        figures[f"{name}_p50_intervals"] = percentile(late, 0.5)
        figures[f"{name}_p99_intervals"] = percentile(late, 0.99)
        figures[f"{name}_max_intervals"] = max(late)
    return figures


def main() -> None:
    given = arguments(__doc__ or "")
    publish(asyncio.run(compare()), given.json)


if __name__ == "__main__":
    main()
