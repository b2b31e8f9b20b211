"""Rows of every kind in whatever tables a database has, and what they look like, whichever engine holds them."""

from __future__ import annotations

import hashlib
import random
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.way_down import tables_of

ROWS = 6
LISTS = {"energy.tariffs": [{"price": "0.8", "from": "2025-01-01"}], "energy.quotas": [{"year": 2026, "kwh": 5}]}
"""Settings of an early revision that a later one keeps in a table of its own."""

Fingerprint = dict[str, tuple[int, str]]
"""Table -> rows and a digest of their content."""


def fill(connection: sa.Connection, seed: int) -> None:
    """`ROWS` rows in every table, made of `seed`; columns that may be empty sometimes are."""
    rng = random.Random(seed)
    for table in tables_of(connection).values():
        rows = [{column.name: _value(column, row, rng) for column in table.columns} for row in range(ROWS)]
        for row in rows:
            connection.execute(sa.insert(table).values(row))
    setting = tables_of(connection)["setting"]
    if "entry_list" not in tables_of(connection):
        lists = [{"institution_id": "office", "name": name, "value": value} for name, value in LISTS.items()]
        connection.execute(sa.insert(setting), lists)


def fingerprint(connection: sa.Connection) -> Fingerprint:
    """What every table holds; equal content gives equal digests on both engines."""
    found = {}
    for name, table in tables_of(connection).items():
        rows = sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
        found[name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


def clear(engine: sa.Engine) -> None:
    """Drop every table."""
    found = sa.MetaData()
    with engine.begin() as connection:
        found.reflect(connection)
        found.drop_all(connection)


def _value(column: sa.Column[Any], row: int, rng: random.Random) -> Any:
    if column.nullable and rng.random() < 0.3:
        # Not None: JSON would make the word null of it.
        return sa.null()
    kind = column.type
    if isinstance(kind, sa.JSON):
        return {"文": [rng.random(), row, True, None], "empty": {}}
    if isinstance(kind, sa.Boolean):
        return rng.random() < 0.5
    if isinstance(kind, sa.Date):
        return date(2026, 1, 1) + timedelta(rng.randrange(1_000))
    if isinstance(kind, sa.LargeBinary):
        return rng.randbytes(20)
    if isinstance(kind, sa.Float):
        return rng.uniform(-1e9, 1e9)
    if isinstance(kind, sa.Integer):
        return _whole(column, row, rng)
    return f"{column.name} {row} 某单位 \" ' \\ \n"


def _whole(column: sa.Column[Any], row: int, rng: random.Random) -> int:
    if column.primary_key:
        return row + 1
    if column.name == "known_to_ms":
        return 0 if row % 2 else rng.randrange(2**40)
    return rng.randrange(2**40 if isinstance(column.type, sa.BigInteger) else 2**30)
