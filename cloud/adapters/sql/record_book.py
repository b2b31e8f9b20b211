"""RecordBook in SQL: the current version of every row, and all versions that were once known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.documents import Documents, document_table, in_scope
from cloud.adapters.sql.rows import known, lock
from cloud.adapters.sql.tables import METADATA, milliseconds, row_id, text
from cloud.records.record import Record, RecordImport

record = sa.Table(
    "record",
    METADATA,
    row_id(),
    text("institution_id"),
    text("kind"),
    text("record_id"),
    text("department"),
    text("subject"),
    milliseconds("start_ms"),
    milliseconds("end_ms"),
    sa.Column("fields", sa.JSON, nullable=False),
    text("source"),
    text("import_id"),
    milliseconds("known_from_ms"),
    # 0 while it is the current version: an index finds equality, not the absence of a value.
    milliseconds("known_to_ms"),
    sa.Index("ix_record_key", "institution_id", "kind", "known_to_ms", "record_id"),
    sa.Index("ix_record_time", "institution_id", "kind", "known_to_ms", "start_ms"),
)
record_import = document_table("record_import", milliseconds("imported_ms"), key=("import_id",))

_T = record.c
_CURRENT = 0
_CHUNK = 500
_VALUES = ("department", "subject", "start_ms", "end_ms", "fields")


class SqlRecordBook:
    """Fits the port RecordBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._imports = Documents(engine, record_import, RecordImport)

    def put(self, records: Sequence[Record], of_import: RecordImport) -> RecordImport:
        with writing(self._engine) as connection:
            # Two imports of the same rows at once would both find them new.
            lock(connection, "record")
            present = _present(connection, of_import, [one.record_id for one in records])
            fresh = [one for one in records if one.record_id not in present]
            changed = [one for one in records if one.record_id in present and _differs(one, present[one.record_id])]
            now_ms = of_import.imported_ms
            for one in changed:
                current = _T.row_id == present[one.record_id].row_id
                connection.execute(sa.update(record).where(current).values(known_to_ms=now_ms))
            rows = [_row(one, of_import, now_ms) for one in (*fresh, *changed)]
            if rows:
                connection.execute(sa.insert(record), rows)
            same = len(records) - len(rows)
            booked = replace(of_import, new=len(fresh), changed=len(changed), same=same)
            self._imports.put(connection, booked)
        return booked

    def records(
        self,
        institution_ids: Collection[str],
        kind: str,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        subject: str | None = None,
        known_at_ms: int | None = None,
    ) -> list[Record]:
        query = sa.select(record).where(in_scope(record, institution_ids), _T.kind == kind, known(record, known_at_ms))
        if start_ms is not None:
            query = query.where(sa.or_(_T.end_ms > start_ms, _T.start_ms >= start_ms))
        if end_ms is not None:
            query = query.where(_T.start_ms < end_ms)
        if subject is not None:
            query = query.where(_T.subject == subject)
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(query.order_by(_T.start_ms, _T.record_id))]

    def counts(self, institution_ids: Collection[str]) -> Mapping[str, int]:
        query = sa.select(_T.kind, sa.func.count()).where(in_scope(record, institution_ids), _T.known_to_ms == _CURRENT)
        with reading(self._engine) as connection:
            return {row.kind: row[1] for row in connection.execute(query.group_by(_T.kind).order_by(_T.kind))}

    def imports(self, institution_ids: Collection[str], *, limit: int = 100) -> list[RecordImport]:
        order = record_import.c.imported_ms.desc()
        return self._imports.select(in_scope(record_import, institution_ids), order=order, limit=limit)


def _present(connection: sa.Connection, of_import: RecordImport, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """The current rows of these ids."""
    present: dict[str, sa.Row[Any]] = {}
    for start in range(0, len(ids), _CHUNK):
        query = sa.select(record).where(
            _T.institution_id == of_import.institution_id,
            _T.kind == of_import.kind,
            _T.known_to_ms == _CURRENT,
            _T.record_id.in_(ids[start : start + _CHUNK]),
        )
        present |= {row.record_id: row for row in connection.execute(query)}
    return present


def _differs(given: Record, present: sa.Row[Any]) -> bool:
    return any(getattr(given, name) != getattr(present, name) for name in _VALUES)


def _row(given: Record, of_import: RecordImport, now_ms: int) -> dict[str, Any]:
    values = {name: getattr(given, name) for name in ("institution_id", "kind", "record_id", "source", *_VALUES)}
    return {
        **values,
        "fields": dict(given.fields),
        "import_id": of_import.import_id,
        "known_from_ms": now_ms,
        "known_to_ms": _CURRENT,
    }


def _record(row: sa.Row[Any]) -> Record:
    names = ("institution_id", "kind", "record_id", "source", "import_id", *_VALUES)
    return Record(**{name: getattr(row, name) for name in names})
