"""Record: one row of somebody's book, typed by its kind, and the import that brought it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FieldValue = str | int | float | bool | None
"""Money is whole fen, a day is its ISO text, a time UTC milliseconds; None was left empty."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row. `record_id` is the kind's key as text; the same kind and id again is a newer version of it.

    Holds over start <= time < end, or happened at `start_ms` when both are equal. `source` is where it stands:
    `bills.xlsx!Sheet1:17`.
    """

    institution_id: str
    kind: str
    record_id: str
    department: str
    subject: str
    start_ms: int
    end_ms: int
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    source: str = ""
    import_id: str = ""


@dataclass(frozen=True, slots=True)
class RecordImport:
    """One file (or one call) that brought records of one kind, and what became of its rows."""

    import_id: str
    institution_id: str
    kind: str
    file: str
    digest: str
    imported_by: str
    imported_ms: int
    new: int = 0
    changed: int = 0
    same: int = 0
