"""Relational databases under every adapter's contract: SQLite, and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import migrate
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.desks.books import Books
from tests.support.manual_clock import ManualClock
from tests.support.postgres import running_postgres
from tests.support.servers import require
from tests.support.sql_database import empty_schema, empty_sqlite


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the whole run; tests take a schema each."""
    with running_postgres(require("postgresql")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        with empty_sqlite(tmp_path) as engine:
            yield engine
    else:
        with empty_schema(request.getfixturevalue("postgres_url")) as engine:
            yield engine


@pytest.fixture
def engine(empty_engine: sa.Engine) -> sa.Engine:
    migrate(empty_engine)
    return empty_engine


@pytest.fixture
def ports(engine: sa.Engine) -> Books:
    return sql_ports(engine, ManualClock())
