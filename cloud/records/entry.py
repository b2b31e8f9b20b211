"""From the values of one row to what every Record has: its identity, the time it holds, what it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cloud.core.calendar import day_bounds_ms
from cloud.core.institution import SubjectKind
from cloud.records.kind import RecordKind, subject_field
from cloud.records.record import FieldValue, Record

ALWAYS_MS = (0, 253_402_214_400_000)
"""From when until when a line of a register holds: all times that a day can be written for."""


def record_id(kind: RecordKind, values: Mapping[str, FieldValue]) -> str:
    """The key as text; the sign between its parts cannot come from a part."""
    parts = (str(values[name]).replace("\\", "\\\\").replace("|", "\\|") for name in kind.key)
    return "|".join(parts)


def start_ms(kind: RecordKind, values: Mapping[str, FieldValue]) -> int:
    """UTC milliseconds from which the row holds."""
    return ALWAYS_MS[0] if kind.start is None else _bounds_ms(values[kind.start])[0]


def end_ms(kind: RecordKind, values: Mapping[str, FieldValue]) -> int:
    """UTC milliseconds until which the row holds, the last day included; its start when it only happened."""
    if kind.start is None:
        return ALWAYS_MS[1]
    if kind.end is None:
        return start_ms(kind, values)
    return _bounds_ms(values[kind.end])[1]


def subject(kind: RecordKind, values: Mapping[str, FieldValue], institution_id: str) -> str:
    """What the row is about; the institution when the field that would tell is empty."""
    name = subject_field(kind)
    if name is not None and values.get(name) is None:
        return f"{SubjectKind.INSTITUTION}:{institution_id}"
    return kind.subject.format_map(values)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What entering records would do to the rows that are known."""

    new: int
    changed: int
    same: int


def compare(records: Collection[Record], known: Iterable[Record]) -> Comparison:
    """How many of the records are new, change a known row, or say the same again."""
    by_id = {one.record_id: _values(one) for one in known}
    new = sum(one.record_id not in by_id for one in records)
    same = sum(by_id.get(one.record_id) == _values(one) for one in records)
    return Comparison(new, len(records) - new - same, same)


def _values(record: Record) -> tuple[object, ...]:
    return record.department, record.subject, record.start_ms, record.end_ms, dict(record.fields)


def _bounds_ms(value: FieldValue) -> tuple[int, int]:
    """Start and end of a day; a time is both."""
    if isinstance(value, str):
        return day_bounds_ms(date.fromisoformat(value))
    if isinstance(value, int):
        return value, value
    raise TypeError(f"not a day or time: {value!r}")
