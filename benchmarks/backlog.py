"""How late live rows are while a backlog of 3,600,000 points drains, and how fast it drains.

The backlog is 300,000 rows, each the twelve points of one poll of an electricity meter. Edge and cloud are processes of
their own, mosquitto between them. Limits: live data in under 5 s (p95), 20,000 points/s.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import tempfile
import time
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks.support.outage_rows import POINTS, Meter, polls
from benchmarks.support.report import arguments, percentile, publish
from cloud.core.ports import TimeSeriesStore
from gateway.messages import DeviceBirth
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import EdgeSide
from tests.support.mosquitto import start_mosquitto
from tests.support.servers import locate
from tests.support.waiting import running, until

BACKLOG_ROWS = 300_000
METERS = 40
LIVE_ROWS = 100
LIVE_EVERY_S = 0.2
LIMIT_S, LIMIT_POINTS_PER_S = 5.0, 20_000
START_MS, EVERY_MS = 1_790_000_000_000, 15_000


def serve_cloud(folder: Path, port: int) -> None:
    async def serve() -> None:
        cloud = CloudSide(folder, port)
        await asyncio.gather(cloud.host.run(), cloud.ingest.run())

    asyncio.run(serve())


class MeteredEdge(EdgeSide):
    """An edge whose births tell of the meters as well."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self.meters = [Meter(f"meter-{number:02}", random.Random(number)) for number in range(METERS)]

    def device_births(self) -> list[DeviceBirth]:
        return [*super().device_births(), *(meter.birth() for meter in self.meters)]

    def pile_up(self) -> float:
        """Fill the outbox with the backlog; seconds that took."""
        began = time.monotonic()
        cycles = polls(self.meters, len(POINTS), START_MS, EVERY_MS)
        for number, rows in enumerate(islice(cycles, BACKLOG_ROWS // METERS)):
            self.outbox.put(rows, now_ms=START_MS + number * EVERY_MS + 300)
        return time.monotonic() - began


async def measure(folder: Path, port: int) -> dict[str, float]:
    edge = MeteredEdge(folder / "edge", port)
    reader = CloudSide(folder / "cloud", port).store
    seconds = edge.pile_up()
    used_bytes = edge.outbox.backlog().used_bytes
    late: list[float] = []
    async with running(edge.node.run(), edge.uplink.run()):
        await until(lambda: edge.node.is_online)
        await until(lambda: reader.counts().rows > 0)
        start, first = time.monotonic(), len(reader.position(edge.outbox.stream))
        for _ in range(LIVE_ROWS):
            edge.put(1)
            put_at, spool = time.monotonic(), edge.outbox.last_spool()
            await until(partial(is_stored, reader, edge.outbox.stream, spool), within_s=60)
            late.append(time.monotonic() - put_at)
            await asyncio.sleep(max(0.0, LIVE_EVERY_S - late[-1]))
        drained = len(reader.position(edge.outbox.stream)) - first
        rate = drained / (time.monotonic() - start)
        waiting = edge.outbox.counts().rows
    points = BACKLOG_ROWS * len(POINTS)
    return {
        "backlog_points_at_start": points,
        "backlog_bytes_per_point": used_bytes / points,
        "made_and_put_points_per_s": points / seconds,
        "backlog_rows_at_start": BACKLOG_ROWS,
        "backlog_rows_at_end": waiting,
        "drained_rows_per_s": rate,
        "drained_points_per_s": rate * len(POINTS),
        "drain_over_limit": rate * len(POINTS) / LIMIT_POINTS_PER_S,
        "live_p50_s": percentile(late, 0.50),
        "live_p95_s": percentile(late, 0.95),
        "live_max_s": max(late),
        "live_p95_over_limit": percentile(late, 0.95) / LIMIT_S,
    }


def is_stored(store: TimeSeriesStore, stream: str, spool: int) -> bool:
    return spool in store.position(stream)


def main() -> None:
    given = arguments(__doc__ or "")
    program = locate("mosquitto")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = start_mosquitto(program, folder / "broker")
        cloud = multiprocessing.get_context("spawn").Process(target=serve_cloud, args=(folder / "cloud", broker.port))
        cloud.start()
        try:
            publish(asyncio.run(measure(folder, broker.port)), given.json)
        finally:
            cloud.terminate()
            cloud.join()
            broker.process.clean_up()


if __name__ == "__main__":
    main()
