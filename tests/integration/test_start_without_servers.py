"""A cloud that starts before its servers waits for them, says so once, and can be stopped while it waits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.layout import Layout, prepare
from demo.plan import write_cloud, write_institution
from foundation.texts import load_texts
from simulators.compound import load_compound
from tests.support.influx import running_influxdb
from tests.support.ports import free_port
from tests.support.process import Spawn, xietong
from tests.support.servers import require

WAITING = "waiting until the servers answer"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = prepare(tmp_path / "county")
    write_cloud(made, free_port(), free_port())
    write_institution(made, load_compound(), load_texts())
    return made


def set_to(layout: Layout, settings: Mapping[str, Any]) -> None:
    known = yaml.safe_load(layout.cloud.read_text(encoding="utf-8"))
    layout.cloud.write_text(yaml.safe_dump(known | dict(settings)), encoding="utf-8")


def test_the_store_may_come_later(layout: Layout, spawn: Spawn, tmp_path: Path) -> None:
    program, port = require("influxdb"), free_port()
    set_to(layout, {"store": {"kind": "influx1", "url": f"http://127.0.0.1:{port}"}})
    cloud = spawn("cloud", xietong("cloud", "run", "--settings", layout.cloud, "--role", "jobs"))
    cloud.wait_for_line(WAITING)
    with running_influxdb(program, tmp_path / "influxdb", port):
        cloud.wait_for_line("the servers answer")
        assert cloud.output().count(WAITING) == 1
        assert cloud.terminate() == 0


@pytest.mark.parametrize("role", ["ingest", "jobs", "api"])
def test_a_cloud_that_waits_can_be_stopped(layout: Layout, spawn: Spawn, role: str) -> None:
    set_to(layout, {"database": f"postgresql+psycopg://xietong@127.0.0.1:{free_port()}/xietong"})
    cloud = spawn("cloud", xietong("cloud", "run", "--settings", layout.cloud, "--role", role))
    cloud.wait_for_line(WAITING + ": database: connection failed")
    assert cloud.terminate() == 0


def test_a_command_that_needs_the_servers_does_not_wait(layout: Layout, spawn: Spawn) -> None:
    set_to(layout, {"store": {"kind": "influx1", "url": f"http://127.0.0.1:{free_port()}"}})
    status = spawn("status", xietong("cloud", "status", "--settings", layout.cloud))
    assert status.wait(30) == 1
    assert "InfluxDB" in status.output().splitlines()[-1]


def test_a_second_ingest_in_the_same_folder_is_refused(layout: Layout, spawn: Spawn) -> None:
    command = xietong("cloud", "run", "--settings", layout.cloud, "--role", "ingest")
    first = spawn("first", command)
    first.wait_until((layout.folder / "cloud" / "ingest.lock").exists)
    second = spawn("second", command)
    assert second.wait(30) == 2
    assert "another ingest is running on this folder" in second.output()
