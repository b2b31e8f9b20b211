"""How fast one ingest process takes rows from the broker into the committed store, beside what the store takes bare.

The real `xietong cloud run --role ingest`, mosquitto, a real InfluxDB 1.x and a publisher in processes of their own;
messages of 50 readings, made beforehand. A point counts once it is committed and acknowledged. At the end every row
and every reading must be there exactly once. Limits: 100,000 points/s into InfluxDB and 50,000 into the embedded
store, or 35 % of what the same run saw the store take bare.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from benchmarks.support.ingest_load import (
    DEVICES_PER_EDGE,
    EDGES,
    EVERY_MS,
    GROUP,
    POINTS,
    POINTS_PER_ROW,
    Sent,
    device_name,
    publish,
    value_of,
)
from benchmarks.support.ingest_process import running_ingest
from benchmarks.support.raw_lines import bare_lines
from benchmarks.support.report import arguments
from benchmarks.support.report import publish as report
from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.influx.lines import joined
from cloud.adapters.influx.server import InfluxAddress, InfluxServer, open_server
from cloud.adapters.influx.store import InfluxStore
from cloud.adapters.sql.database import open_database
from cloud.core.ports import TimeSeriesStore
from cloud.core.series import SeriesKey
from foundation.disk import PRAGMAS, SystemDisk
from gateway.messages import Reading
from gateway.stream import RangeSet
from tests.support.influx import running_influxdb
from tests.support.mosquitto import start_mosquitto
from tests.support.process import ChildProcess
from tests.support.servers import locate

LIMIT_PER_S = {"influxdb": 100_000, "embedded": 50_000}
SHARE_OF_RAW = 0.35
TURNS = 320
RAW_POINTS = 600_000
LINES_AT_ONCE, ROWS_AT_ONCE = 5_000, 10_000
SERIES_COMPARED = 24

Points = Iterator[tuple[int, int, int, int, float | int]]
"""edge, device, point, ms, value"""


def points(first_ms: int) -> Points:
    """The same readings as the publisher's, in the order of time."""
    turn = 0
    while True:
        for edge in range(EDGES):
            for device in range(DEVICES_PER_EDGE):
                for point in range(POINTS_PER_ROW):
                    yield edge, device, point, first_ms + turn * EVERY_MS, value_of(device, point, turn)
        turn += 1


def raw_influx(server: InfluxServer, first_ms: int, at_once: int, per_line: int) -> float:
    """Points a second of nothing but `/write` in posts of so many lines, each line of up to `per_line` fields."""
    texts: list[str] = []
    found = islice(points(first_ms), RAW_POINTS)
    while row := list(islice(found, per_line)):
        edge, device = row[0][:2]
        readings = (Reading(POINTS[point], value, at_ms) for _, _, point, at_ms, value in row)
        texts += bare_lines(GROUP, device_name(edge, device), {"building": f"building-{edge}"}, readings)
    bodies = [joined(texts[start : start + at_once]) for start in range(0, len(texts), at_once)]
    return RAW_POINTS / timed(server.write, bodies)


def raw_sqlite(file: Path, first_ms: int) -> float:
    """Points a second of nothing but `executemany`, one commit for every 10,000."""
    rows = [
        ((edge * DEVICES_PER_EDGE + device) * POINTS_PER_ROW + point, at_ms, value)
        for edge, device, point, at_ms, value in islice(points(first_ms), RAW_POINTS)
    ]
    batches = [rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE)]
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for pragma in PRAGMAS:
            database.execute(pragma)
        database.execute("CREATE TABLE sample(series, ms, value, PRIMARY KEY(series, ms)) WITHOUT ROWID")

        def write(batch: Sequence[tuple[int, int, float | int]]) -> None:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO sample VALUES(?, ?, ?)", batch)
            database.execute("COMMIT")

        return RAW_POINTS / timed(write, batches)


def timed(write: Callable[[Any], object], batches: Sequence[Any]) -> float:
    start = time.monotonic()
    for batch in batches:
        write(batch)
    return time.monotonic() - start


def send(port: int, turns: int, first_ms: int, ingest: ChildProcess) -> tuple[Sent, float, float]:
    """What was sent and acknowledged, processor seconds of the ingest meanwhile, and its memory in MB."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    publisher = spawn.Process(target=publish, args=(there, port, turns, first_ms))
    publisher.start()
    try:
        here.recv()
        process = psutil.Process(ingest.pid)
        before = process.cpu_times()
        here.send("go")
        sent = here.recv()
        after, memory = process.cpu_times(), process.memory_info().rss / 1e6
        return sent, after.user + after.system - before.user - before.system, memory
    finally:
        publisher.terminate()
        publisher.join()


def verify(store: TimeSeriesStore, sent: Sent, turns: int, first_ms: int) -> None:
    """Every row and reading exactly once, and of some series every value."""
    counts, rows = store.counts(), sum(sent.streams.values())
    assert (counts.rows, counts.stored) == (rows, rows * POINTS_PER_ROW), (counts.rows, counts.stored, rows)
    assert (counts.duplicates, counts.quarantined) == (0, 0)
    for stream, last in sent.streams.items():
        assert store.position(stream) == RangeSet([(1, last)])
    for number in range(SERIES_COMPARED):
        edge, device, point = number % EDGES, number % DEVICES_PER_EDGE, number * 2 % POINTS_PER_ROW
        found = store.series(SeriesKey(GROUP, device_name(edge, device), POINTS[point]), 0, 2**50)
        wanted = [(first_ms + turn * EVERY_MS, value_of(device, point, turn)) for turn in range(turns)]
        assert [(one.measured_ms, one.value) for one in found] == wanted


def measure_one(kind: str, folder: Path, influx_url: str | None, turns: int) -> dict[str, float]:
    first_ms = (time.time_ns() // 1_000_000 - turns * EVERY_MS) // 1_000 * 1_000
    broker = start_mosquitto(locate("mosquitto"), folder / "broker", "max_queued_messages 0")
    try:
        with running_ingest(folder / kind, broker.port, influx_url) as ingest:
            sent, cpu, memory = send(broker.port, turns, first_ms, ingest)
    finally:
        broker.process.clean_up()
    data = folder / kind / "cloud"
    if influx_url is None:
        with closing(EmbeddedStore(data / "series.db", SystemDisk())) as store:
            verify(store, sent, turns, first_ms)
    else:
        engine = open_database(f"sqlite:///{data / 'cloud.db'}")
        verify(InfluxStore(iot_raw(influx_url), engine, lambda group, device: {}), sent, turns, first_ms)
        engine.dispose()
    rate = sent.points / sent.seconds
    return {
        f"{kind}_points_per_s": rate,
        f"{kind}_points": sent.points,
        f"{kind}_over_limit": rate / LIMIT_PER_S[kind],
        f"{kind}_ingest_cores": cpu / sent.seconds,
        f"{kind}_ingest_us_per_point": 1e6 * cpu / sent.points,
        f"{kind}_publisher_cores": sent.cpu_seconds / sent.seconds,
        f"{kind}_ingest_mb": memory,
        f"{kind}_rows_sent_again": sent.resent,
    }


def iot_raw(url: str) -> InfluxServer:
    return open_server(InfluxAddress("influx1", url, "iot_raw"))


def measure(folder: Path, turns: int = TURNS) -> dict[str, float]:
    first_ms = 1_790_000_000_000
    with ExitStack() as servers:
        url = servers.enter_context(running_influxdb(locate("influxdb"), folder / "influxdb"))

        def bucket(name: str) -> InfluxServer:
            server = open_server(InfluxAddress("influx1", url, name))
            server.prepare()
            return server

        own = raw_influx(bucket("raw_lines"), first_ms, LINES_AT_ONCE, POINTS_PER_ROW)
        single = raw_influx(bucket("raw_values"), first_ms, LINES_AT_ONCE, 1)
        figures = {"influxdb_raw_points_per_s": own, "influxdb_raw_one_value_a_line_per_s": single}
        figures |= measure_one("influxdb", folder, url, turns)
    figures["influxdb_over_raw"] = figures["influxdb_points_per_s"] / own
    figures["influxdb_over_raw_one_value_a_line"] = figures["influxdb_points_per_s"] / single
    raw = raw_sqlite(folder / "raw.db", first_ms)
    figures |= {"embedded_raw_points_per_s": raw} | measure_one("embedded", folder, None, turns)
    figures["embedded_over_raw"] = figures["embedded_points_per_s"] / raw
    return figures | {"share_of_raw_wanted": SHARE_OF_RAW}


def main() -> None:
    given = arguments(__doc__ or "")
    with tempfile.TemporaryDirectory() as name:
        report(measure(Path(name)), given.json)


if __name__ == "__main__":
    main()
