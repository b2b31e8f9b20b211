"""What an outage costs on the disk of the box: bytes per point, days within 1 GiB at 20 points/s, and the put rate.

40 electricity meters, one row per meter and poll: once with all points of a poll, once with the third that a dead-band
lets through. Limit: 60 days.
"""

from __future__ import annotations

import random
import tempfile
import time
from itertools import islice
from pathlib import Path

from benchmarks.support.outage_rows import POINTS, Meter, polls
from benchmarks.support.report import arguments, publish
from edge_agent.delivery.outbox import Lane, Outbox
from foundation.disk import SystemDisk
from foundation.rng import SeededRng

METERS, CYCLES = 40, 500
POINTS_PER_S = 20
GIB, LIMIT_DAYS = 2**30, 60
START_MS = 1_790_000_000_000


def measure(folder: Path, points: int) -> dict[str, float]:
    """Fill an outbox with rows of so many points, as fast as it takes them."""
    outbox = Outbox(folder / "outbox.db", disk=SystemDisk(), rng=SeededRng(1), max_rows=10**9)
    chance = random.Random(1)
    meters = [Meter(f"meter-{number:02}", chance) for number in range(METERS)]
    every_ms = METERS * points * 1_000 // POINTS_PER_S
    cycles = list(islice(polls(meters, points, START_MS, every_ms), CYCLES))
    plain = sum(len(row.body) for rows in cycles for row in rows)
    began = time.perf_counter()
    for number, rows in enumerate(cycles):
        outbox.put(rows, now_ms=START_MS + number * every_ms + 300)
    seconds = time.perf_counter() - began
    count, used = METERS * CYCLES * points, outbox.backlog().used_bytes
    began = time.perf_counter()
    read = 0
    while found := outbox.rows_after(Lane.LIVE, read, limit=64):
        read = found[-1].spool
    reading_s = time.perf_counter() - began
    outbox.close()
    days = GIB / (used / count) / POINTS_PER_S / 86_400
    return {
        "points_per_row": points,
        "plain_bytes_per_point": plain / count,
        "bytes_per_point": used / count,
        "days_within_1_gib": days,
        "days_over_limit": days / LIMIT_DAYS,
        "put_points_per_s": count / seconds,
        "put_rows_per_s": METERS * CYCLES / seconds,
        "read_points_per_s": count / reading_s,
    }


def main() -> None:
    given = arguments(__doc__ or "")
    figures: dict[str, float] = {}
    for name, points in (("whole", len(POINTS)), ("third", len(POINTS) // 3)):
        with tempfile.TemporaryDirectory() as folder:
            figures |= {f"{name}_{key}": value for key, value in measure(Path(folder), points).items()}
    publish(figures, given.json)


if __name__ == "__main__":
    main()
