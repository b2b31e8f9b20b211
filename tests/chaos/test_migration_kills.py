"""Fifty kills of a migration over data, on each engine."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.support.postgres import running_postgres
from tests.support.servers import require
from tests.support.sql_database import empty_schema, empty_sqlite
from tests.support.victims import killed_migrations

KILLS = 50


def survive(url: str) -> None:
    seed = secrets.randbelow(2**31)
    print("seed", seed)
    kills = killed_migrations(url, seed=seed, kills=KILLS)
    assert len(kills) == KILLS
    assert [one for one in kills if not (one["whole"] and one["restartable"])] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sqlite_survives_killed_migrations(tmp_path: Path) -> None:
    with empty_sqlite(tmp_path) as engine:
        survive(engine.url.render_as_string())


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(900)
def test_postgresql_survives_killed_migrations() -> None:
    with running_postgres(require("postgresql")) as server, empty_schema(server) as engine:
        survive(engine.url.render_as_string(hide_password=False))
