"""How late live rows are while a backlog of 500,000 rows drains, and how fast it drains.

Edge and cloud are processes of their own, mosquitto between them. Limit: live data in under 5 s (p95).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
import time
from pathlib import Path

from benchmarks.support.report import arguments, percentile, publish
from edge_agent.delivery.outbox import Lane
from gateway.stream import RangeSet
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import EdgeSide
from tests.support.mosquitto import start_mosquitto
from tests.support.servers import locate
from tests.support.waiting import running, until

BACKLOG_ROWS = 500_000
LIVE_ROWS = 100
LIVE_EVERY_S = 0.2
LIMIT_S = 5.0


def serve_cloud(folder: Path, port: int) -> None:
    async def serve() -> None:
        cloud = CloudSide(folder, port)
        await asyncio.gather(cloud.host.run(), cloud.ingest.run())

    asyncio.run(serve())


async def measure(folder: Path, port: int) -> dict[str, float]:
    edge = EdgeSide(folder / "edge", port)
    reader = CloudSide(folder / "cloud", port).store
    for _ in range(BACKLOG_ROWS // 10_000):
        edge.put(10_000, lane=Lane.HISTORY, first_ms=1_790_000_000_000 + edge.outbox.last_spool())
    late: list[float] = []
    async with running(edge.node.run(), edge.uplink.run()):
        await until(lambda: edge.node.is_online)
        await until(lambda: reader.counts().rows > 0)
        start, first = time.monotonic(), len(reader.position(edge.outbox.stream))
        for _ in range(LIVE_ROWS):
            edge.put(1)
            put_at, spool = time.monotonic(), edge.outbox.last_spool()
            await until(lambda spool=spool: spool in position(reader, edge.outbox.stream), within_s=60)  # type: ignore[misc]
            late.append(time.monotonic() - put_at)
            await asyncio.sleep(max(0.0, LIVE_EVERY_S - late[-1]))
        drained = len(reader.position(edge.outbox.stream)) - first
        rate = drained / (time.monotonic() - start)
        waiting = edge.outbox.counts().rows
    return {
        "backlog_rows_at_start": BACKLOG_ROWS,
        "backlog_rows_at_end": waiting,
        "drained_rows_per_s": rate,
        "live_p50_s": percentile(late, 0.50),
        "live_p95_s": percentile(late, 0.95),
        "live_max_s": max(late),
        "live_p95_over_limit": percentile(late, 0.95) / LIMIT_S,
    }


def position(store: object, stream: str) -> RangeSet:
    return store.position(stream)  # type: ignore[attr-defined, no-any-return]


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
