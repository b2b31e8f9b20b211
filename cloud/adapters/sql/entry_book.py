"""EntryBook in SQL: one row for each version of a list."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import known, lock
from cloud.adapters.sql.tables import METADATA, enum_type, milliseconds, row_id, text
from cloud.energy.entry_list import EntryKind, EntryList

entry_list = sa.Table(
    "entry_list",
    METADATA,
    row_id(),
    text("institution_id"),
    sa.Column("kind", enum_type(EntryKind), nullable=False),
    sa.Column("entries", sa.JSON, nullable=False),
    text("reason"),
    text("entered_by"),
    milliseconds("known_from_ms"),
    # 0 while it is the current version: an index finds equality, not the absence of a value.
    milliseconds("known_to_ms"),
    sa.Index("ix_entry_list_key", "institution_id", "kind", "known_from_ms"),
)
_T = entry_list.c
_CURRENT = 0


class SqlEntryBook:
    """Fits the port EntryBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def entries(self, institution_id: str, kind: EntryKind, known_at_ms: int | None = None) -> EntryList:
        query = sa.select(entry_list).where(_of(institution_id, kind), known(entry_list, known_at_ms))
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return EntryList(institution_id, kind) if row is None else _list(row)

    def enter(self, entered: EntryList) -> bool:
        mine, known_from_ms = _of(entered.institution_id, entered.kind), entered.known_from_ms
        with writing(self._engine) as connection:
            # Two people who enter at once would both find the same version current.
            lock(connection, "entry_list")
            current = connection.execute(sa.select(entry_list).where(mine, _T.known_to_ms == _CURRENT)).one_or_none()
            if list(entered.entries) == ([] if current is None else current.entries):
                return False
            if current is not None:
                # A clock that was set back must not make a version end before it began.
                known_from_ms = max(known_from_ms, current.known_from_ms)
                ended = sa.update(entry_list).where(_T.row_id == current.row_id)
                connection.execute(ended.values(known_to_ms=known_from_ms))
            connection.execute(sa.insert(entry_list).values(**_values(entered, known_from_ms)))
        return True

    def versions(self, institution_id: str, kind: EntryKind) -> list[EntryList]:
        query = sa.select(entry_list).where(_of(institution_id, kind)).order_by(_T.row_id)
        with reading(self._engine) as connection:
            return [_list(row) for row in connection.execute(query)]


def _of(institution_id: str, kind: EntryKind) -> sa.ColumnElement[bool]:
    return sa.and_(_T.institution_id == institution_id, _T.kind == kind)


def _values(entered: EntryList, known_from_ms: int) -> dict[str, Any]:
    return {
        "institution_id": entered.institution_id,
        "kind": entered.kind,
        "entries": [dict(one) for one in entered.entries],
        "reason": entered.reason,
        "entered_by": entered.entered_by,
        "known_from_ms": known_from_ms,
        "known_to_ms": _CURRENT,
    }


def _list(row: sa.Row[Any]) -> EntryList:
    return EntryList(
        institution_id=row.institution_id,
        kind=row.kind,
        entries=tuple(row.entries),
        reason=row.reason,
        entered_by=row.entered_by,
        known_from_ms=row.known_from_ms,
        known_to_ms=row.known_to_ms or None,
    )
