"""The way down of a migration: it ends in an error, and changes nothing, where it would lose what somebody entered.

A downgrade drops the tables and columns of the newer schema. What is in them has no place in the older one, so a
table must be empty and a column must hold nothing but its default; otherwise the way back is a backup. A migration
that carries the rows of a table elsewhere, or makes them again on the way up, names it in `ANSWERED_FOR`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from foundation.errors import ConfigError

_OF_ALEMBIC = "alembic_version"


@contextmanager
def kept(connection: sa.Connection, database: str, answered: Collection[str]) -> Iterator[None]:
    """Raises ConfigError, naming table and column, when the block has dropped anything with content.

    Tables of `answered` are left to the migrations themselves.
    """
    before = {
        name: _content(connection, table) for name, table in tables_of(connection).items() if name not in answered
    }
    yield
    after = tables_of(connection)
    for name, content in before.items():
        if name not in after:
            if content.rows:
                raise ConfigError(database, name, f"{content.rows} rows would be lost; the older schema has no table")
        elif lost := sorted(content.filled - set(after[name].columns.keys())):
            raise ConfigError(database, f"{name}.{lost[0]}", "values would be lost; the older schema has no column")
        elif (left := rows_of(connection, after[name])) < content.rows:
            raise ConfigError(database, name, f"{content.rows - left} rows would be lost")


def tables_of(connection: sa.Connection) -> dict[str, sa.Table]:
    """The tables as they stand in the database, without Alembic's own."""
    found = sa.MetaData()
    found.reflect(connection)
    return {name: table for name, table in sorted(found.tables.items()) if name != _OF_ALEMBIC}


def rows_of(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


@dataclass(frozen=True, slots=True)
class _Content:
    """How many rows, and the columns with anything in them but NULL or their default."""

    rows: int
    filled: frozenset[str]


def _content(connection: sa.Connection, table: sa.Table) -> _Content:
    columns = [column for column in table.columns if not column.primary_key]
    counted = [sa.func.sum(sa.case((_is_filled(column), 1), else_=0)) for column in columns]
    rows, *filled = connection.execute(sa.select(sa.func.count(), *counted).select_from(table)).one()
    return _Content(rows, frozenset(one.name for one, number in zip(columns, filled, strict=True) if number))


def _is_filled(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    default = column.server_default
    if not isinstance(default, sa.DefaultClause):
        return column.is_not(None)
    # As texts, so that one comparison fits every type on both engines.
    value = sa.cast(sa.literal_column(str(default.arg)), column.type)
    return sa.and_(column.is_not(None), sa.cast(column, sa.Text) != sa.cast(value, sa.Text))
