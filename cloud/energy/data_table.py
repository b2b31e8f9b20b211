"""Reads the tables of factors, quotas and codes, and refuses whatever makes a row untraceable or ambiguous."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from foundation.errors import ConfigError

PROVENANCE = ("edition", "source", "confidence")
CONFIDENCES = frozenset({"verified", "secondary", "remembered"})
"""Checked by calculation or in the standard itself; taken from a publication about it; from memory, to be checked."""

Row = Mapping[str, str]


def read_table(
    path: Path, columns: Collection[str], *, key: Collection[str], units: Collection[str] | None = None
) -> list[Row]:
    """All rows of a CSV file with exactly `columns` and the columns of PROVENANCE.

    Raises ConfigError naming the line for a missing or unknown column, an unknown `unit`, a row without source, a
    confidence of no known kind, and a second row with the same `key`.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        wanted = {*columns, *PROVENANCE}
        if set(reader.fieldnames or ()) != wanted:
            raise ConfigError(path, "line 1", f"needs exactly the columns {', '.join(sorted(wanted))}")
        rows: list[Row] = []
        seen: set[tuple[str, ...]] = set()
        for row in reader:
            _check(path, f"line {reader.line_num}", row, units)
            identity = tuple(row[name] for name in key)
            if identity in seen:
                raise ConfigError(path, f"line {reader.line_num}", f"a second row for {', '.join(identity)}")
            seen.add(identity)
            rows.append(row)
    return rows


def decimal_of(path: Path, row: Row, column: str) -> Decimal:
    """A number of a row, exact as written; anything else raises ConfigError."""
    try:
        value = Decimal(row[column])
    except InvalidOperation:
        raise ConfigError(path, column, f"{row[column]!r} is no number") from None
    if not value.is_finite():
        raise ConfigError(path, column, f"{row[column]!r} is no number")
    return value


def decimal_or_none(path: Path, row: Row, column: str) -> Decimal | None:
    """None where the cell is empty."""
    return decimal_of(path, row, column) if row[column] else None


def _check(path: Path, line: str, row: Row, units: Collection[str] | None) -> None:
    if None in row or any(value is None for value in row.values()):
        raise ConfigError(path, line, "has more or fewer cells than the header")
    if units is not None and row["unit"] not in units:
        raise ConfigError(path, line, f"unknown unit {row['unit']!r}; known: {', '.join(sorted(units))}")
    if not row["source"]:
        raise ConfigError(path, line, "names no source")
    if row["confidence"] not in CONFIDENCES:
        raise ConfigError(path, line, f"confidence must be one of {', '.join(sorted(CONFIDENCES))}")
