"""A data logger's file becomes rows of the outbox: exactly, once, and only if every line of it is right."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_profiles.catalogue import load_catalogue
from edge_agent.acquisition.history import READINGS_PER_ROW, HistoryImport
from edge_agent.delivery.outbox import Lane, Outbox
from edge_agent.site import Site
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from foundation.errors import ConfigError
from foundation.rng import SeededRng
from gateway.messages import Reading
from gateway.row_reader import read_row
from gateway.sparkplug.codec import parse

HEADER = "device,time_utc,point,value,unit\n"
T0_MS = 1_790_554_500_000  # 2026-09-28T00:15:00Z
SITE = {
    "schema": "xietong.site/1",
    "group": "demo-county",
    "node": "edge-1",
    "data_dir": "edge",
    "buses": [{"id": "bus-a", "kind": "modbus_tcp", "host": "127.0.0.1"}],
    "devices": [
        {"id": "a-main", "profile": "acrel.adl400", "bus": "bus-a", "unit": 1},
        {"id": "a-water", "profile": "tuf.tuf2000m_water", "bus": "bus-a", "unit": 2},
    ],
}


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path / "outbox.db", disk=SystemDisk(), rng=SeededRng(1), max_rows=1_000_000)
    yield opened
    opened.close()


def importing(path: Path, outbox: Outbox) -> HistoryImport:
    return HistoryImport(
        path, site=Site.model_validate(SITE), catalogue=load_catalogue(), outbox=outbox, clock=SystemClock()
    )


def written(folder: Path, *lines: str) -> Path:
    path = folder / "logger.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def imported(outbox: Outbox) -> list[tuple[str, Reading, bool]]:
    found = []
    for row in outbox.rows_after(Lane.HISTORY, 0, limit=10_000):
        message = parse(row.body)
        flags = {metric.is_historical for metric in message.metrics}
        for reading in read_row(message, {}, {}).readings:
            found.append((row.device, reading, flags == {True}))
    return found


def test_values_arrive_in_base_units_with_their_own_time_and_marked_historical(tmp_path: Path, outbox: Outbox) -> None:
    path = written(
        tmp_path,
        "a-main,2026-09-28T00:15:00Z,Energy/Active/Total,12345.67,kWh",
        "a-main,2026-09-28T00:15:00Z,Power/Active/Total,1.5,kW",
        "a-water,2026-09-28T08:30:00+08:00,Volume/Positive,2.5,m3",
    )
    result = importing(path, outbox).run()
    assert (result.readings, result.rows, result.skipped) == (3, 2, 0)
    assert imported(outbox) == [
        ("a-main", Reading("Energy/Active/Total", 12_345_670, T0_MS), True),
        ("a-main", Reading("Power/Active/Total", 1500.0, T0_MS), True),
        ("a-water", Reading("Volume/Positive", 2500, T0_MS + 900_000), True),
    ]
    assert outbox.counts().acquired == 3


def test_a_file_is_imported_once(tmp_path: Path, outbox: Outbox) -> None:
    path = written(tmp_path, "a-main,2026-09-28T00:15:00Z,Energy/Active/Total,1,kWh")
    importing(path, outbox).run()
    again = importing(path, outbox).run()
    assert (again.readings, again.skipped, outbox.counts().acquired) == (0, 1, 1)


def test_of_a_file_that_has_grown_only_the_new_lines_are_imported(tmp_path: Path, outbox: Outbox) -> None:
    lines = [f"a-main,2026-09-28T00:{minute:02d}:00Z,Energy/Active/Total,{minute},kWh" for minute in range(30)]
    for known, length in ((0, 10), (10, 20), (20, 20)):
        result = importing(written(tmp_path, *lines[:length]), outbox).run()
        assert (result.readings, result.skipped) == (length - known, known)
    packed = tmp_path / "month.csv.gz"
    packed.write_bytes(gzip.compress((HEADER + "".join(f"{line}\n" for line in lines)).encode()))
    assert importing(packed, outbox).run().skipped == 20
    assert [reading.value for _, reading, _ in imported(outbox)] == [minute * 1000 for minute in range(30)]


def test_a_line_that_was_still_being_written_is_imported_again_when_it_is_whole(tmp_path: Path, outbox: Outbox) -> None:
    path = written(tmp_path, "a-main,2026-09-28T00:00:00Z,Energy/Active/Total,1,kWh")
    path.write_text(path.read_text() + "a-main,2026-09-28T00:01:00Z,Energy/Active/Total,2,k")
    with pytest.raises(ConfigError, match="unit 'k'"):
        importing(path, outbox).run()
    path.write_text(path.read_text().removesuffix("k") + "Wh")
    importing(path, outbox).run()
    path.write_text(path.read_text().removesuffix("Wh") + "Wh\n")
    assert importing(path, outbox).run().readings == 0
    path.write_text(path.read_text().removesuffix("\n") + "\na-main,2026-09-28T00:02:00Z,Energy/Active/Total,3,kWh")
    assert importing(path, outbox).run().readings == 1
    assert [reading.value for _, reading, _ in imported(outbox)] == [1_000, 2, 3_000]


def test_a_file_that_begins_differently_is_another_file(tmp_path: Path, outbox: Outbox) -> None:
    importing(written(tmp_path, "a-main,2026-09-28T00:00:00Z,Energy/Active/Total,1,kWh"), outbox).run()
    path = written(
        tmp_path,
        "a-main,2026-09-28T00:00:00Z,Energy/Active/Total,2,kWh",
        "a-main,2026-09-28T00:01:00Z,Energy/Active/Total,3,kWh",
    )
    assert importing(path, outbox).run().readings == 2


def test_an_interrupted_import_goes_on_where_it_stopped(tmp_path: Path, outbox: Outbox) -> None:
    lines = [
        f"a-main,2026-09-{1 + n // 1440:02d}T{n // 60 % 24:02d}:{n % 60:02d}:00Z,Energy/Active/Total,{n},kWh"
        for n in range(READINGS_PER_ROW * 120)
    ]
    path = written(tmp_path, *lines)

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert total == len(lines)
        raise Stopped

    with pytest.raises(Stopped):
        importing(path, outbox).run(stop)
    first = outbox.counts().acquired
    assert 0 < first < len(lines)
    assert importing(path, outbox).run().skipped == first
    assert [reading.value for _, reading, _ in imported(outbox)] == [n * 1000 for n in range(len(lines))]


def test_a_packed_file_is_read_as_well(tmp_path: Path, outbox: Outbox) -> None:
    path = tmp_path / "logger.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "a-main,2026-09-28T00:15:00Z,Energy/Active/Total,1,kWh\n").encode()))
    assert importing(path, outbox).run().readings == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nobody,2026-09-28T00:15:00Z,Energy/Active/Total,1,kWh", "nobody"),
        ("a-main,2026-09-28T00:15:00Z,Energy/Wrong,1,kWh", "Energy/Wrong"),
        ("a-main,2026-09-28T00:15:00Z,Energy/Active/Total,1,m3", "unit 'm3'"),
        ("a-main,2026-09-28T00:15:00Z,Energy/Active/Total,abc,kWh", "not a number"),
        ("a-main,2026-09-28T00:15:00Z,Energy/Active/Total,NaN,kWh", "not a number"),
        ("a-main,2026-09-28T00:15:00Z,Energy/Active/Total,1e99,kWh", "Energy/Active/Total"),
        ("a-main,2026-09-28T00:15:00Z,Energy/Active/Total,-5,kWh", "outside"),
        ("a-main,2026-09-28T00:15:00,Energy/Active/Total,1,kWh", "zone"),
        ("a-main,yesterday,Energy/Active/Total,1,kWh", "yesterday"),
        ("a-main,2026-09-28T00:15:00Z,Energy/Active/Total,1", "not enough values"),
    ],
)
def test_one_wrong_line_is_named_and_nothing_is_imported(
    line: str, reason: str, tmp_path: Path, outbox: Outbox
) -> None:
    path = written(tmp_path, "a-main,2026-09-28T00:00:00Z,Energy/Active/Total,1,kWh", line)
    with pytest.raises(ConfigError) as caught:
        importing(path, outbox).run()
    assert (caught.value.file, caught.value.key) == (str(path), "line 3")
    assert reason in caught.value.reason
    assert outbox.counts().acquired == 0


def test_a_wrong_header_and_a_missing_file_are_named(tmp_path: Path, outbox: Outbox) -> None:
    path = tmp_path / "logger.csv"
    with pytest.raises(ConfigError, match=r"logger\.csv: file:"):
        importing(path, outbox).run()
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1: header"):
        importing(path, outbox).run()
