"""Relational databases under every adapter's contract: SQLite always, PostgreSQL where one is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import migrate
from cloud.adapters.sql.sql_ports import SqlPorts, sql_ports
from tests.support.manual_clock import ManualClock
from tests.support.sql_database import KINDS, empty_database


@pytest.fixture(params=KINDS)
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    with empty_database(request.param, tmp_path) as engine:
        yield engine


@pytest.fixture
def engine(empty_engine: sa.Engine) -> sa.Engine:
    migrate(empty_engine)
    return empty_engine


@pytest.fixture
def ports(engine: sa.Engine) -> SqlPorts:
    return sql_ports(engine, ManualClock())
