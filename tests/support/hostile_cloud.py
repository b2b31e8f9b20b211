"""A cloud with the right key and the worst intentions: validly signed orders at random, and what they may never do."""

from __future__ import annotations

import random
import sqlite3
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from gateway.messages import Command
from tests.support.command_bench import CommandBench

PROFILE = "intesis.ac"
HOUR_S = 3_600


class MemoryDisk:
    """A Disk for runs that need no restart."""

    def open_database(self, path: Path) -> sqlite3.Connection:
        return sqlite3.connect(":memory:", isolation_level=None)


async def attack(folder: Path, orders: int, seed: int) -> int:
    """Give so many orders, most of them absurd, and hold every write against the rules; the number of writes."""
    chance = random.Random(seed)
    with CommandBench(folder, disk=MemoryDisk()) as bench:
        points = {point.name: point for point in bench.catalogue.get(PROFILE).writable}
        at_s: dict[tuple[str, str], list[float]] = defaultdict(list)
        for _ in range(orders):
            before = len(bench.devices.writes)
            command = hostile_command(bench, chance, list(points))
            await bench.send(command)
            for device, name, value in bench.devices.writes[before:]:
                assert command.value == value
                assert points[name].limits[0] <= value <= points[name].limits[1]
                assert value == round(value)
                assert command.not_before_ms - 5_000 <= bench.clock.now_ms()
                assert bench.clock.now_ms() - 1_500 < command.expires_ms
                at_s[device, name].append(bench.clock.monotonic())
            bench.clock.advance(chance.choice([0, 0, 1, 20, 200]))
            bench.receipts.clear()
    for (_, name), times in at_s.items():
        point = points[name]
        assert all(later - sooner >= point.min_interval_s for sooner, later in pairwise(times))
        for place, first in enumerate(times):
            soon = times[place : place + point.max_writes_per_h + 1]
            assert sum(one < first + HOUR_S for one in soon) <= point.max_writes_per_h
    return sum(map(len, at_s.values()))


def hostile_command(bench: CommandBench, chance: random.Random, points: list[str]) -> Command:
    now_ms = bench.clock.now_ms()
    usual = bench.command(
        device=chance.choice(["ac-1", "ac-2"]),
        point=chance.choice(points),
        value=float(chance.choice([0, 1, 2, 18, 20, 24, 26, 30])),
        priority=chance.choice([1, 8, 8, 8, 9, 16]),
        lease_s=chance.choice([1.0, 60.0, 3_600.0]),
    )
    absurd: dict[str, Any] = {
        "value": chance.choice([-1.0, 1e308, 30.5, 17.999, 31.0, 5.0, -0.0, 19.5]),
        "priority": chance.choice([0, 17, 10**9]),
        "lease_s": chance.choice([0.0, -5.0, 1e300]),
        "expires_ms": chance.choice([0, now_ms, now_ms + 1, 2**62]),
        "not_before_ms": chance.choice([0, now_ms + 4_000, now_ms + 60_000, 2**62]),
        "counter": chance.choice([0, usual.counter - 1]),
    }
    chosen = {name: value for name, value in absurd.items() if chance.random() < 0.15}
    return replace(usual, **chosen)
