"""The logger's file: complete, in order, and continued by the live registers without a step."""

from __future__ import annotations

import csv
import gzip
import struct
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from device_profiles.catalogue import load_catalogue
from foundation.clock import to_ms
from foundation.errors import ConfigError
from foundation.rng import SeededRng
from simulators.compound import load_compound
from simulators.history import HEADER, HistoryReport, write_history
from simulators.modbus_device import ModbusUnit
from simulators.plant import Plant
from tests.support.manual_clock import ManualClock

COMPOUND, CATALOGUE = load_compound(), load_catalogue()
UNTIL = datetime(2026, 11, 23, 12, 7, 30, tzinfo=UTC)
Rows = dict[tuple[str, str], list[tuple[str, Decimal]]]


def _written(path: Path, **changes: Any) -> tuple[HistoryReport, list[list[str]]]:
    options = {"weeks": 1 / 7, "until": UNTIL, "catalogue": CATALOGUE, **changes}
    report = write_history(COMPOUND, path, **options)
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = text.decode().splitlines()
    assert lines[0] == HEADER
    return report, list(csv.reader(lines[1:]))


def _by_series(rows: list[list[str]]) -> Rows:
    series: Rows = defaultdict(list)
    for device, at, point, value, _unit in rows:
        series[device, point].append((at, Decimal(value)))
    return series


def test_a_day_has_every_register_main_power_and_temperature_in_order(tmp_path: Path) -> None:
    report, rows = _written(tmp_path / "h.csv")
    assert len(rows) == report.readings == 35 * 96
    assert [(row[0], row[1]) for row in rows] == sorted((row[0], row[1]) for row in rows)
    assert rows[0][1] == "2026-11-22T12:15:00Z"
    assert rows[-1][1] == "2026-11-23T12:00:00Z"
    series = _by_series(rows)
    assert {point for _, point in series} == {
        "Energy/Active/Total", "Energy/Active/Import", "Volume/Positive", "Power/Active/Total", "Temperature/Outdoor"
    }  # fmt: skip
    assert all(name.endswith("Energy/Active/Export") for name in report.left_out)


def test_registers_in_the_file_never_fall(tmp_path: Path) -> None:
    _, rows = _written(tmp_path / "h.csv.gz", weeks=1)
    for (_, point), readings in _by_series(rows).items():
        if point.startswith(("Energy", "Volume")):
            values = [value for _, value in readings]
            assert values == sorted(values)
            assert values[-1] > values[0]


def test_live_registers_hold_what_the_file_says_at_the_same_moment(tmp_path: Path) -> None:
    _, rows = _written(tmp_path / "h.csv")
    last = {key: readings[-1] for key, readings in _by_series(rows).items()}
    at_ms = to_ms(datetime(2026, 11, 23, 12, tzinfo=UTC))
    # The live simulators began a little earlier and were read all the time.
    clock, compared = ManualClock(now_ms=at_ms - 10_000), 0
    plant = Plant(COMPOUND, CATALOGUE, at_ms - 10_000)
    clock.advance(10)
    for device in COMPOUND.devices:
        for point in plant.profile(device).points if device.bus else ():
            if (device.id, point.name) not in last:
                continue
            unit = ModbusUnit(plant.profile(device), plant.model(device.id), clock, SeededRng(1), device.params)
            stamp, value = last[device.id, point.name]
            assert stamp == "2026-11-23T12:00:00Z"
            compared += 1
            if point.kind == "counter":
                assert _register(unit, point.name, device.params) == value, (device.id, point.name)
            else:
                assert _register(unit, point.name, device.params) == pytest.approx(value, rel=Decimal("1e-6"))
    assert compared == 34


def _register(unit: ModbusUnit, name: str, params: dict[str, Decimal]) -> Decimal:
    """The value in the point's unit, read from the unit's words by hand."""
    point = unit.profile.point(name)
    place = point.register_place
    assert place is not None
    raw = _number(unit, place.table, place.address, place.type, low_first=unit.profile.link.byte_order == "CDAB")
    if point.fraction is not None:
        part = point.fraction
        raw += _number(unit, part.table, part.address, part.type, low_first=True)
    value = raw * point.scale
    for ratio in point.ratio:
        value *= params.get(ratio, Decimal(1))
    return value


def _number(unit: ModbusUnit, table: str, address: int, kind: str, *, low_first: bool) -> Decimal:
    words = unit.read(table, address, 2)  # type: ignore[arg-type]
    data = struct.pack(">HH", *(reversed(words) if low_first else words))
    return Decimal(struct.unpack({"float32": ">f", "int32": ">i", "uint32": ">I"}[kind], data)[0])


def test_what_does_not_fit_is_left_out_floors_first_and_named(tmp_path: Path) -> None:
    report, rows = _written(tmp_path / "h.csv", max_readings=25 * 96)
    assert len(rows) == 25 * 96
    dropped = [name for name in report.left_out if not name.endswith("Export")]
    assert len(dropped) == 10
    assert all("-floor-" in name for name in dropped)
    with pytest.raises(ConfigError, match="main registers"):
        write_history(COMPOUND, tmp_path / "x.csv", weeks=1, until=UNTIL, max_readings=1_000, catalogue=CATALOGUE)


def test_nothing_is_told_from_before_the_installation(tmp_path: Path) -> None:
    until = datetime(2025, 6, 2, tzinfo=UTC)
    report, rows = _written(tmp_path / "h.csv", until=until, weeks=8)
    assert rows[0][1] == "2025-05-31T16:00:00Z"  # local midnight of 1 June
    assert report.last_ms == to_ms(until)
    with pytest.raises(ConfigError, match="not yet installed"):
        write_history(COMPOUND, tmp_path / "x.csv", weeks=1, until=until - timedelta(days=30), catalogue=CATALOGUE)


def test_a_naive_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="naive"):
        write_history(COMPOUND, tmp_path / "x.csv", weeks=1, until=UNTIL.replace(tzinfo=None), catalogue=CATALOGUE)
