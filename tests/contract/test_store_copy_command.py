"""`xietong store copy`: a home moves to InfluxDB and back; beside a running ingest nothing is copied."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from cloud.adapters.sql.database import open_database, writing
from cloud.adapters.sql.tables import event_cursor
from cloud.core.series import SeriesKey
from cloud.core.store_transfer import TransferRefused
from cloud.settings import read_settings
from cloud.store_copy.commands import run_copy
from cloud.store_copy.journal import JOURNAL, Journal, place_of
from foundation.disk import held
from foundation.errors import ConfigError
from tests.support.cloud_home import DEVICE, GROUP, STREAM, CloudHome, filled_home, take
from tests.support.influx import running_influxdb
from tests.support.process import ROOT
from tests.support.servers import require


@pytest.fixture(scope="session")
def influx_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_influxdb(require("influxdb"), tmp_path_factory.mktemp("influxdb")) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The settings of a home with five rows in its embedded store."""
    return filled_home(tmp_path / "home", rows=5)


@pytest.fixture
def server(settings: Path, influx_url: str) -> Path:
    """Other settings of the same home, with a bucket of its own in InfluxDB."""
    return beside(
        settings, "server.yaml", store={"kind": "influx1", "url": influx_url, "bucket": f"b{uuid.uuid4().hex}"}
    )


def test_the_command_moves_a_home_to_influxdb_and_back(settings: Path, server: Path) -> None:
    engine = open_database(read_settings(settings).database_url)
    with writing(engine) as connection:
        connection.execute(sa.insert(event_cursor).values(consumer="boards", position=3))
    assert "3 series, 15 readings, 0 means, 5 rows" in run(settings, server).stdout
    with writing(engine) as connection:
        assert connection.execute(sa.select(event_cursor).where(event_cursor.c.consumer == "boards")).all() == []
    engine.dispose()
    moved = CloudHome.at(server)
    cloud = moved.open()
    take(cloud, 5)
    take(cloud, 6)
    assert cloud.store.counts().redelivered == 3
    moved.close()
    back = beside(settings, "back.yaml", data_dir="elsewhere")
    assert run_copy(server, back, "en").readings == 18
    assert "is not empty" in run(server, back, code=1).stderr
    home = CloudHome.at(back)
    cloud = home.open()
    assert list(cloud.store.position(STREAM)) == [(1, 6)]
    assert cloud.store.last(GROUP)[SeriesKey(GROUP, DEVICE, "Switch")].value is True
    home.close()


def test_the_command_runs_beside_no_ingest_and_a_half_copied_store_cannot_be_started(
    settings: Path, server: Path
) -> None:
    data_dir = read_settings(settings).data_dir
    with held(data_dir / "ingest.lock", "ingest"), pytest.raises(ConfigError, match="is running"):
        run_copy(settings, server, "en")
    with pytest.raises(ConfigError, match="is the store that is to be copied"):
        run_copy(settings, settings, "en")
    Journal(data_dir / JOURNAL, "another", place_of(read_settings(server))).begin()
    with pytest.raises(ConfigError, match="not finished"):
        CloudHome.at(server).open()
    with pytest.raises(TransferRefused):
        run_copy(settings, server, "en")
    # The source is as good as before.
    home = CloudHome.at(settings)
    assert home.open().store.counts().rows == 5
    home.close()


def beside(settings: Path, name: str, **changes: object) -> Path:
    """Another settings file of the same home."""
    content = yaml.safe_load(settings.read_text(encoding="utf-8")) | changes
    database = read_settings(settings).database_url
    path = settings.with_name(name)
    path.write_text(yaml.safe_dump({"database": database, **content}), encoding="utf-8")
    return path


def run(settings: Path, to: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "xietong", "store", "copy", "--settings", str(settings), "--to", str(to)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done
