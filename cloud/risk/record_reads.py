"""Typed looks at the records of one institution: what is empty or of the wrong type reads as unknown, never as 0."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from cloud.core.calendar import day_start_ms
from cloud.records.record import Record
from cloud.risk.rule import Evidence

FEN_PER_YUAN = 100


def rows(evidence: Evidence, kind: str, *, first: date | None = None, until: date | None = None) -> list[Record]:
    """Current rows of a kind by start time; with days, those that touch first <= day < until."""
    return evidence.records.records(
        [evidence.institution_id],
        kind,
        start_ms=None if first is None else day_start_ms(first),
        end_ms=None if until is None else day_start_ms(until),
    )


def text(record: Record, name: str) -> str:
    """Without outer blanks; empty when there is none."""
    value = record.fields.get(name)
    return str(value).strip() if value is not None else ""


def number(record: Record, name: str) -> float | None:
    value = record.fields.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def yuan(record: Record, name: str) -> float | None:
    """Money in yuan; records hold whole fen."""
    fen = number(record, name)
    return None if fen is None else fen / FEN_PER_YUAN


def day(record: Record, name: str) -> date | None:
    try:
        return date.fromisoformat(text(record, name))
    except ValueError:
        return None


def flag(record: Record, name: str) -> bool:
    """True only when it says so."""
    return record.fields.get(name) is True


def by_field(records: Iterable[Record], name: str) -> dict[str, list[Record]]:
    """Records by the text of one field, in their order; those without it are left out."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if key := text(record, name):
            groups[key].append(record)
    return groups
