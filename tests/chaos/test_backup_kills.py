"""Fifty kills of backups and fifty of restores, into files and into PostgreSQL with InfluxDB."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud_home import filled_home
from tests.support.influx import running_influxdb
from tests.support.postgres import running_postgres
from tests.support.servers import require
from tests.support.sql_database import empty_schema
from tests.support.victims import killed_backups

KILLS, ROWS = 50, 300


def survive(folder: Path, **servers: Any) -> None:
    home = filled_home(folder / "home", ROWS)
    seed = secrets.randbelow(2**31)
    print("seed", seed)
    kills = killed_backups(home, folder / "work", seed=seed, kills=KILLS, **servers)
    assert len(kills) == 2 * KILLS
    assert [one for one in kills if not (one["whole"] and one["repeatable"])] == []


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_killed_backups_and_restores_of_files(tmp_path: Path) -> None:
    survive(tmp_path)


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(1_800)
def test_killed_backups_and_restores_into_servers(tmp_path: Path) -> None:
    with (
        running_influxdb(require("influxdb"), tmp_path / "influxdb") as influx,
        running_postgres(require("postgresql")) as postgres,
        empty_schema(postgres) as engine,
    ):
        database = engine.url.render_as_string(hide_password=False)
        survive(tmp_path, database=database, store={"kind": "influx1", "url": influx, "bucket": "restored"})
