"""How fast the InfluxDB store takes what ingest gives it, beside bare `/write` and the embedded store.

A real InfluxDB 1.x and PostgreSQL run beside it, and all of it on one disk. Live batches are polls of many devices;
history is a logger's weeks that lie before the live readings of the same series. Limit: history at 5,000 readings/s.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.support.raw_lines import bare_lines
from benchmarks.support.report import arguments, publish
from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.influx.lines import joined
from cloud.adapters.influx.server import InfluxAddress, InfluxServer, open_server
from cloud.adapters.influx.store import InfluxStore
from cloud.adapters.sql.database import migrate, open_database
from cloud.core.ports import TimeSeriesStore
from cloud.core.series import StreamRow
from foundation.disk import SystemDisk
from gateway.messages import Reading
from tests.support.influx import running_influxdb
from tests.support.postgres import running_postgres
from tests.support.servers import locate

LIMIT_PER_S = 5_000
GROUP, TAGS = "county", {"building": "building-a"}
DEVICES = BATCH_ROWS = 64
LIVE_POINTS = ("Power/Active/Total", "Voltage/L1", "Current/L1", "PowerFactor/Total", "Frequency", "Flow", "Speed")
COUNTER = "Energy/Active/Import"
LIVE_BATCHES, HISTORY_BATCHES = 60, 12
HISTORY_READINGS_PER_ROW = 200
NOW_MS, POLL_MS, LOGGED_MS = 1_790_000_000_000, 5_000, 900_000

Batch = Sequence[StreamRow]


def live_batches(stream: str) -> Iterator[Batch]:
    """One row of every device and poll."""
    for poll in range(LIVE_BATCHES):
        at_ms = NOW_MS + poll * POLL_MS
        values = [Reading(point, 100.5 + poll, at_ms) for point in LIVE_POINTS]
        readings = (*values, Reading(COUNTER, 10_000_000 + poll, at_ms))
        yield [StreamRow(stream, poll * DEVICES + n + 1, GROUP, f"meter-{n}", readings) for n in range(DEVICES)]


def history_batches(stream: str) -> Iterator[Batch]:
    """Rows as an import makes them: 200 registers of one counter after the other, each counter from its oldest on."""
    rows_of_device = HISTORY_BATCHES * BATCH_ROWS // DEVICES
    first_ms = NOW_MS - rows_of_device * HISTORY_READINGS_PER_ROW * LOGGED_MS
    rows = [
        StreamRow(stream, 0, GROUP, f"meter-{device}", tuple(_registers(first_ms, place)))
        for device in range(DEVICES)
        for place in range(rows_of_device)
    ]
    numbered = [StreamRow(stream, 1_000_000 + n, one.group, one.device, one.readings) for n, one in enumerate(rows)]
    return iter([numbered[start : start + BATCH_ROWS] for start in range(0, len(numbered), BATCH_ROWS)])


def _registers(first_ms: int, place: int) -> Iterator[Reading]:
    for number in range(place * HISTORY_READINGS_PER_ROW, (place + 1) * HISTORY_READINGS_PER_ROW):
        yield Reading(COUNTER, number * 10, first_ms + number * LOGGED_MS)


def rate(write: Callable[[Batch], object], batches: Iterator[Batch]) -> float:
    """Readings per second."""
    made, readings = list(batches), 0
    start = time.monotonic()
    for batch in made:
        write(batch)
        readings += sum(len(row.readings) for row in batch)
    return readings / (time.monotonic() - start)


def rates(store: TimeSeriesStore) -> tuple[float, float]:
    """Live first, so that history finds its series with newer readings, as it does in practice."""
    stream = str(uuid.uuid4())
    live = rate(store.write, live_batches(stream))
    return live, rate(store.write, history_batches(stream))


def bare(server: InfluxServer) -> tuple[float, float]:
    """The same lines with nothing but `/write`."""

    def write(batch: Batch) -> None:
        for_server: list[str] = []
        for row in batch:
            for_server += bare_lines(row.group, row.device, TAGS, row.readings)
        server.write(joined(for_server))

    return rate(write, live_batches("")), rate(write, history_batches(""))


def measure(folder: Path) -> dict[str, float]:
    with ExitStack() as servers:
        url = servers.enter_context(running_influxdb(locate("influxdb"), folder / "influxdb"))
        database = servers.enter_context(running_postgres(locate("postgresql")))

        def server(bucket: str) -> InfluxServer:
            opened = open_server(InfluxAddress("influx1", url, bucket))
            opened.prepare()
            return opened

        engine = open_database(database)
        migrate(engine)
        bare_live, bare_history = bare(server("bare"))
        live, history = rates(InfluxStore(server("iot_raw"), engine, lambda group, device: TAGS))
        engine.dispose()
    own_live, own_history = rates(EmbeddedStore(folder / "series.db", SystemDisk()))
    return {
        "live_readings_per_s": live,
        "live_over_bare_write": live / bare_live,
        "live_over_embedded": live / own_live,
        "history_readings_per_s": history,
        "history_over_bare_write": history / bare_history,
        "history_over_embedded": history / own_history,
        "history_rate_over_limit": history / LIMIT_PER_S,
    }


def main() -> None:
    given = arguments(__doc__ or "")
    with tempfile.TemporaryDirectory() as name:
        publish(measure(Path(name)), given.json)


if __name__ == "__main__":
    main()
