"""Empty relational databases for tests: a SQLite file, or a schema of a PostgreSQL server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from cloud.adapters.sql.database import open_database


@contextmanager
def empty_sqlite(folder: Path) -> Iterator[sa.Engine]:
    """An engine on a file without tables."""
    engine = open_database(f"sqlite:///{folder / 'cloud.db'}")
    yield engine
    engine.dispose()


@contextmanager
def empty_schema(url: str) -> Iterator[sa.Engine]:
    """An engine on a schema of its own without tables, in the PostgreSQL server at `url`."""
    schema = f"test_{uuid.uuid4().hex}"
    server = open_database(url)
    with server.begin() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    engine = open_database(f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}")
    yield engine
    engine.dispose()
    with server.begin() as connection:
        connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
    server.dispose()
