"""Ten thousand gateways at one broker and one ingest process: a message each every ten seconds, then every two.

The real `xietong cloud run --role ingest` on the embedded store, mosquitto with the queue limits that we deliver, and
the gateways in a process of their own, each with a connection, stream, births and window; ten readings a message. A
wait is from the moment of a reading to the acknowledgement that its gateway hears. Goals: nothing lost, p99 of the
waits under 2 s, the ingest under one core and 400 MB; at five times the load nothing lost.
"""

from __future__ import annotations

import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.support.fleet_load import FleetProcess, Rounds, Told, running_fleet
from benchmarks.support.ingest_process import running_ingest
from benchmarks.support.report import numbers_given
from benchmarks.support.report import publish as report
from benchmarks.support.watched import watched
from cloud.adapters.embedded.store import EmbeddedStore
from foundation.disk import SystemDisk
from gateway.stream import RangeSet
from tests.support.gateway_fleet import POINTS
from tests.support.mosquitto import start_mosquitto
from tests.support.servers import locate

BROKER = "max_queued_messages 100000\nmax_queued_bytes 67108864\nsys_interval 1\nmax_connections -1"
PERIOD_S, OVERLOAD = 10.0, 5
SLOTS = 1_000
P99_S, MEMORY_MB, CORES = 2.0, 400.0, 1.0
SPARE_FILES = 200


def allow_files(gateways: int) -> None:
    """Raise the limit of open files for this process and its children, or say that it cannot be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = gateways + SPARE_FILES
    if soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise SystemExit(f"{gateways} connections need {wanted} open files; the limit is {hard} (ulimit -n)")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def step(name: str, fleet: FleetProcess, what: Rounds | None, pids: tuple[int, int]) -> dict[str, float]:
    """The figures of one step; without rounds it is the connecting."""
    with watched(*pids) as (ingest, broker):
        told = fleet.do(what) if what is not None else fleet.answer()
    figures = {
        f"{name}_seconds": told.seconds,
        f"{name}_fleet_cores": told.cpu_seconds / told.seconds,
        f"{name}_ingest_cores": ingest.cores,
        f"{name}_ingest_most_mb": ingest.most_mb,
        f"{name}_broker_cores": broker.cores,
        f"{name}_broker_most_mb": broker.most_mb,
    }
    if what is None:
        return figures
    return figures | {
        f"{name}_messages_per_s": told.rows / told.seconds,
        f"{name}_wait_p50_s": told.wait_p50_s,
        f"{name}_wait_p99_s": told.wait_p99_s,
        f"{name}_wait_most_s": told.wait_most_s,
        f"{name}_fleet_behind_plan_s": told.behind_plan_s,
        f"{name}_sent_again_so_far": told.resent,
        f"{name}_rebirths_so_far": told.rebirths,
        f"{name}_dropped_by_broker_so_far": told.dropped_by_broker,
        f"{name}_most_messages_in_broker": told.most_in_broker,
    }


def lost(file: Path, told: Told) -> dict[str, int]:
    """Rows and readings that were sent and are not there, and what is there too often."""
    rows = sum(told.streams.values())
    with closing(EmbeddedStore(file, SystemDisk())) as store:
        counts = store.counts()
        whole = sum(store.position(stream) == RangeSet([(1, last)]) for stream, last in told.streams.items())
    return {
        "rows": rows,
        "readings": rows * len(POINTS),
        "rows_lost": rows - counts.rows,
        "readings_lost": rows * len(POINTS) - counts.stored,
        "readings_twice": counts.duplicates,
        "streams_incomplete": len(told.streams) - whole,
    }


def measure(folder: Path, gateways: int, minutes: float, overload_minutes: float) -> dict[str, float]:
    slots = min(SLOTS, gateways)
    broker = start_mosquitto(locate("mosquitto"), folder / "broker", BROKER)
    try:
        with (
            running_ingest(folder / "cloud-side", broker.port) as ingest,
            running_fleet(gateways, slots, broker.port) as fleet,
        ):
            pids = (ingest.pid, broker.process.pid)
            figures: dict[str, float] = {"gateways": gateways} | step("connect", fleet, None, pids)
            figures |= step("first_row", fleet, Rounds(1, PERIOD_S), pids)
            figures |= step("steady", fleet, Rounds(round(60 * minutes / PERIOD_S), PERIOD_S), pids)
            fast = PERIOD_S / OVERLOAD
            figures |= step("overload", fleet, Rounds(round(60 * overload_minutes / fast), fast), pids)
            told = fleet.do(None)
        figures |= lost(folder / "cloud-side" / "cloud" / "series.db", told)
    finally:
        broker.process.clean_up()
    return figures | {
        "wait_p99_over_limit": figures["steady_wait_p99_s"] / P99_S,
        "memory_over_limit": figures["steady_ingest_most_mb"] / MEMORY_MB,
        "cores_over_limit": figures["steady_ingest_cores"] / CORES,
    }


def main() -> None:
    given = numbers_given(__doc__ or "", gateways=10_000, minutes=2.0, overload_minutes=0.5)
    allow_files(given.gateways)
    with tempfile.TemporaryDirectory() as name:
        start = time.monotonic()
        figures = measure(Path(name), given.gateways, given.minutes, given.overload_minutes)
        report(figures | {"seconds": time.monotonic() - start}, given.json)


if __name__ == "__main__":
    main()
