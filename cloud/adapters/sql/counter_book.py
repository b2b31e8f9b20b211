"""CounterBook in SQL: what is noted of counters beside their registers, and all versions that were once known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.param_log import param_changes
from cloud.adapters.sql.rows import institution_of, lock
from cloud.adapters.sql.tables import METADATA, milliseconds, row_id, text
from cloud.core.counter_break import BreakKind, CounterBreak, CounterNote, ParamChange, RegisterCorrection
from cloud.core.series import SeriesKey

counter_break = sa.Table(
    "counter_break",
    METADATA,
    row_id(),
    text("institution_id", index=True),
    text("group_id"),
    text("device"),
    text("point"),
    text("kind"),
    milliseconds("start_ms"),
    milliseconds("end_ms"),
    sa.Column("final", sa.BigInteger, nullable=True),
    sa.Column("initial", sa.BigInteger, nullable=True),
    text("source"),
    text("entered_by"),
    sa.Column("is_booked", sa.Boolean, nullable=False),
    milliseconds("known_from_ms"),
    # 0 while it is the current version: an index finds equality, not the absence of a value.
    milliseconds("known_to_ms"),
    sa.Index("ix_counter_break_source", "source", "known_to_ms"),
    sa.Index("ix_counter_break_known_to_ms", "known_to_ms", "is_booked"),
)

_T = counter_break.c
_CURRENT = 0
_CORRECTION = "correction"


class SqlCounterBook:
    """Fits the port CounterBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def note(self, source: str, notes: Sequence[CounterNote], by: str, known_from_ms: int) -> bool:
        with writing(self._engine) as connection:
            # Two writers of the same source would both find nothing and note it twice.
            lock(connection, "counter_break")
            mine = sa.and_(_T.source == source, _T.known_to_ms == _CURRENT)
            known = {_note(row): row.row_id for row in connection.execute(sa.select(counter_break).where(mine))}
            ended = [identity for one, identity in known.items() if one not in notes]
            fresh = [one for one in notes if one not in known]
            if ended:
                end = sa.update(counter_break).where(_T.row_id.in_(ended))
                connection.execute(end.values(known_to_ms=known_from_ms, is_booked=False))
            for one in fresh:
                version = {"source": source, "entered_by": by, "is_booked": False}
                version |= {"known_from_ms": known_from_ms, "known_to_ms": _CURRENT}
                owner = {"institution_id": institution_of(connection, one.key.group)}
                connection.execute(sa.insert(counter_break).values(**owner, **_values(one), **version))
        return bool(ended or fresh)

    def notes(self, known_at_ms: int | None = None) -> list[CounterNote]:
        known = _T.known_to_ms == _CURRENT
        if known_at_ms is not None:
            known = sa.and_(_T.known_from_ms <= known_at_ms, sa.or_(known, _T.known_to_ms > known_at_ms))
        query = sa.select(counter_break).where(known).order_by(_T.start_ms, _T.row_id)
        with reading(self._engine) as connection:
            return [_note(row) for row in connection.execute(query)]

    def unbooked(self) -> Mapping[int, CounterNote]:
        query = sa.select(counter_break).where(sa.not_(_T.is_booked)).order_by(_T.row_id)
        with reading(self._engine) as connection:
            return {row.row_id: _note(row) for row in connection.execute(query)}

    def booked(self, versions: Collection[int]) -> None:
        with writing(self._engine) as connection:
            connection.execute(sa.update(counter_break).where(_T.row_id.in_(list(versions))).values(is_booked=True))

    def param_changes(self) -> list[ParamChange]:
        with reading(self._engine) as connection:
            return param_changes(connection)


def _values(note: CounterNote) -> dict[str, Any]:
    values = {"group_id": note.key.group, "device": note.key.device, "point": note.key.point}
    if isinstance(note, RegisterCorrection):
        span = {"start_ms": note.start_ms, "end_ms": note.end_ms}
        return values | span | {"kind": _CORRECTION, "final": None, "initial": note.register}
    span = {"start_ms": note.at_ms, "end_ms": note.at_ms}
    return values | span | {"kind": note.kind.value, "final": note.final, "initial": note.initial}


def _note(row: sa.Row[Any]) -> CounterNote:
    key = SeriesKey(row.group_id, row.device, row.point)
    if row.kind == _CORRECTION:
        return RegisterCorrection(key, row.start_ms, row.end_ms, row.initial)
    return CounterBreak(key, row.start_ms, row.final, row.initial, BreakKind(row.kind))
