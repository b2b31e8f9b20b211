"""Imports a data logger's file into the outbox, so that past weeks travel the same road as live readings.

Form: CSV (`.gz` allowed), UTF-8, header `device,time_utc,point,value,unit`, time as `2026-09-28T00:15:00Z`.
The whole file is checked before the first row is accepted; an import that was interrupted goes on where it stopped.
Of a file that has grown since it was imported only the new lines are accepted, whatever its name is now.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Point
from device_profiles.quantity import UNITS
from edge_agent.acquisition.file_prefix import Prefix, open_content, prefixes
from edge_agent.delivery.outbox import Lane, NewRow, Outbox
from edge_agent.site import Site
from foundation.clock import Clock, to_ms
from foundation.errors import ConfigError
from gateway.messages import DeviceMessage, Reading, Value
from gateway.sparkplug.vocabulary import row_body

HEADER = ["device", "time_utc", "point", "value", "unit"]
READINGS_PER_ROW = 200
ROWS_PER_COMMIT = 50
_LARGEST = 2**63 - 1

Progress = Callable[[int, int], None]
"""Called with lines done and lines in all."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """`skipped` lines were imported by an earlier run of the same file, or of the same file when it was shorter."""

    readings: int
    rows: int
    skipped: int


class HistoryImport:
    """One file on its way into one outbox."""

    def __init__(self, path: Path, *, site: Site, catalogue: Catalogue, outbox: Outbox, clock: Clock) -> None:
        self._path, self._outbox, self._clock = path, outbox, clock
        self._points = {
            (device.id, point.name): point
            for device in site.devices
            for point in catalogue.get(device.profile).all_points
        }

    def run(self, progress: Progress = lambda done, total: None) -> ImportResult:
        """Check the file, then put it row by row; a wrong line raises ConfigError and nothing is imported."""
        total = sum(1 for _ in self._lines())
        *shorter, whole = prefixes(self._path, self._outbox.imported_sizes())
        skipped = self._outbox.imported_lines(whole.digest) or self._imported_when_shorter(shorter)
        done, rows_put = skipped, 0
        for rows, lines in self._batches(skipped):
            done += lines
            rows_put += len(rows)
            self._outbox.put_imported(
                rows,
                now_ms=self._clock.now_ms(),
                digest=whole.digest,
                name=self._path.name,
                lines=done,
                size=whole.size,
            )
            progress(done, total)
        return ImportResult(done - skipped, rows_put, skipped)

    def _imported_when_shorter(self, shorter: Sequence[Prefix]) -> int:
        """Lines of the longest known beginning; its last line is read again when it was not yet whole."""
        for prefix in reversed(shorter):
            lines = self._outbox.imported_lines(prefix.digest)
            if lines:
                return lines if prefix.ends_line else lines - 1
        return 0

    def _batches(self, skip: int) -> Iterator[tuple[list[NewRow], int]]:
        rows: list[NewRow] = []
        lines = 0
        for device, readings in _runs(self._lines(), skip):
            body = row_body(DeviceMessage(device, tuple(readings)), is_historical=True)
            rows.append(NewRow(device, body, len(readings), Lane.HISTORY))
            lines += len(readings)
            if len(rows) == ROWS_PER_COMMIT:
                yield rows, lines
                rows, lines = [], 0
        if rows:
            yield rows, lines

    def _lines(self) -> Iterator[tuple[str, Reading]]:
        with _open(self._path) as file:
            reader = csv.reader(file)
            try:
                if next(reader, None) != HEADER:
                    raise ConfigError(self._path, "line 1", f"header must be {','.join(HEADER)}")
                for fields in reader:
                    yield self._line(reader.line_num, fields)
            except (csv.Error, UnicodeDecodeError, OSError, EOFError) as error:
                raise ConfigError(self._path, f"line {reader.line_num + 1}", str(error)) from error

    def _line(self, number: int, fields: Sequence[str]) -> tuple[str, Reading]:
        try:
            device, time_utc, name, value, unit = fields
            point = self._points[device, name]
            return device, Reading(name, _value(point, value, unit), _time_ms(time_utc))
        except KeyError:
            reason = f"device {fields[0]!r} has no point {fields[2]!r} in the site file"
        except (ValueError, InvalidOperation) as error:
            reason = str(error) if str(error) and not isinstance(error, InvalidOperation) else "value is not a number"
        raise ConfigError(self._path, f"line {number}", reason)


def _runs(lines: Iterator[tuple[str, Reading]], skip: int) -> Iterator[tuple[str, list[Reading]]]:
    """Neighbouring lines of one device, at most READINGS_PER_ROW together."""
    device = ""
    readings: list[Reading] = []
    for place, (of_device, reading) in enumerate(lines):
        if place < skip:
            continue
        if readings and (of_device != device or len(readings) == READINGS_PER_ROW):
            yield device, readings
            readings = []
        device = of_device
        readings.append(reading)
    if readings:
        yield device, readings


def _value(point: Point, text: str, unit: str) -> Value:
    if point.datatype == "text":
        return text
    given = UNITS.get(unit)
    if given is None or given.base != point.display_unit.base:
        raise ValueError(f"unit {unit!r} does not fit {point.name} ({point.unit})")
    base = given.to_base(Decimal(text))
    if not base.is_finite():
        raise ValueError(f"value {text!r} is not a number")
    _check_range(point, base)
    if point.datatype == "float":
        return float(base)
    return bool(base) if point.datatype == "bool" else int(base.to_integral_value())


def _check_range(point: Point, base: Decimal) -> None:
    """What the live path would mark BAD or could not hold is no reading of a logger either."""
    shown = point.display_unit.from_base(base)
    low, high = point.range or (Decimal("-Infinity"), Decimal("Infinity"))
    if not low <= shown <= high or (point.kind == "counter" and base < 0):
        raise ValueError(f"value {shown} {point.unit} is outside what {point.name} can have")
    if point.datatype == "int" and abs(base) > _LARGEST:
        raise ValueError(f"value {shown:g} {point.unit} is too large for {point.name}")


def _time_ms(text: str) -> int:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"time {text!r} has no zone; write it in UTC with a final Z")
    return to_ms(at)


def _open(path: Path) -> io.TextIOWrapper:
    try:
        raw = open_content(path)
    except OSError as error:
        raise ConfigError(path, "file", str(error)) from error
    # Closed with its wrapper.
    return io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
