"""Statements that every adapter needs in a form that SQLite and PostgreSQL both understand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cloud.adapters.sql.institution_tables import compound
from cloud.adapters.sql.tables import counter
from cloud.core.institution import UNASSIGNED


def upsert(connection: sa.Connection, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Set `values` in the row of `key`; the row is made when there is none."""
    where = sa.and_(*(table.c[name] == value for name, value in key.items()))
    update = sa.update(table).where(where).values(**values)
    if connection.execute(update).rowcount:
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(table).values(**key, **values))
    except sa.exc.IntegrityError:
        # Another writer made the row in between.
        connection.execute(update)


def upsert_all(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, keep_known: bool = False
) -> None:
    """Enter rows with the same columns by their primary key; a known one is replaced, or with `keep_known` left.

    One statement however many rows, which must differ in their keys.
    """
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    # Always in one order: two writers of the same rows in different orders would wait for each other.
    ordered = sorted(rows, key=lambda row: [row[name] for name in key])
    insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
    if keep_known:
        insert = insert.on_conflict_do_nothing(index_elements=key)
    else:
        values = {name: insert.excluded[name] for name in ordered[0] if name not in key}
        insert = insert.on_conflict_do_update(index_elements=key, set_=values)
    connection.execute(insert, [dict(row) for row in ordered])


def add_all(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], column: str) -> None:
    """Add to a number of rows by their primary key, as one statement; a row that is missing begins at nothing."""
    if rows:
        key = [one.name for one in table.primary_key]
        insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
        grown = {column: table.c[column] + insert.excluded[column]}
        ordered = sorted(rows, key=lambda row: [row[name] for name in key])
        connection.execute(insert.on_conflict_do_update(index_elements=key, set_=grown), [dict(row) for row in ordered])


def chunks(names: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """So many names as one statement may hold, part by part."""
    return (names[start : start + size] for start in range(0, len(names), size))


def advance(connection: sa.Connection, name: str, by: int = 1) -> int:
    """Add to a named counter and return its new value; other writers of it wait for this transaction's end."""
    update = sa.update(counter).where(counter.c.name == name).values(value=counter.c.value + by)
    if not connection.execute(update).rowcount:
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(counter).values(name=name, value=by))
        except sa.exc.IntegrityError:
            connection.execute(update)
    value: int = connection.execute(sa.select(counter.c.value).where(counter.c.name == name)).scalar_one()
    return value


def lock(connection: sa.Connection, name: str) -> None:
    """Let no other writer that takes the same lock in before this transaction's end."""
    advance(connection, f"lock:{name}", 0)


def known(table: sa.Table, at_ms: int | None) -> sa.ColumnElement[bool]:
    """Versions that are current, or that were at a time; `known_to_ms` is 0 while a version is current."""
    is_current = table.c.known_to_ms == 0
    if at_ms is None:
        return is_current
    return sa.and_(table.c.known_from_ms <= at_ms, sa.or_(is_current, table.c.known_to_ms > at_ms))


def institution_of(connection: sa.Connection, group: str) -> str:
    """The institution that has entered this compound, else UNASSIGNED."""
    query = sa.select(compound.c.institution_id).where(compound.c.compound_id == group).limit(1)
    return connection.execute(query).scalar() or UNASSIGNED
