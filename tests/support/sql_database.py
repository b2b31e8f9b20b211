"""Empty relational databases for tests: a SQLite file, and a PostgreSQL schema where a server is given."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import open_database
from tests.support.servers import LEFT_OUT

KINDS = ("sqlite", "postgresql")
POSTGRES_VARIABLE = "XIETONG_TEST_POSTGRES"


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[sa.Engine]:
    """An engine on a database without tables; the test is skipped, and named, when there is no server."""
    if kind == "sqlite":
        engine = open_database(f"sqlite:///{folder / 'cloud.db'}")
        yield engine
        engine.dispose()
        return
    url = os.environ.get(POSTGRES_VARIABLE)
    if not url:
        pytest.skip(f"{LEFT_OUT}postgresql: give its URL in {POSTGRES_VARIABLE}")
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
