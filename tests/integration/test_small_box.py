"""The edge on a small box: few dependencies, and an agent that serves with one core and 512 MB."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import psutil

from edge_agent.app import open_outbox_file
from tests.support.modbus_server import ModbusServer, echo_unit
from tests.support.process import ROOT, Spawn, xietong
from tests.support.profiles import profile_of, register, site_content, write_site
from tests.support.small_box import MEMORY, leave_group
from tests.support.waiting import until

MOST_DEPENDENCIES = 8
METERS, POINTS = 20, 40


def test_the_edge_asks_for_few_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert len(project["dependencies"]) <= MOST_DEPENDENCIES
    assert project["optional-dependencies"]["edge"] == []


def site_file(folder: Path, port: int) -> Path:
    points = [register(f"Value/{number}", number, poll="fast") for number in range(POINTS)]
    profile = profile_of(*points, probe=[])
    content = site_content(
        folder,
        profile,
        poll={"fast_s": 0.5, "max_silence_s": 0.5},
        buses=[{"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1", "port": port}],
        devices=[{"id": f"meter-{n}", "profile": "test.meter", "bus": "line", "unit": n} for n in range(1, METERS + 1)],
    )
    return write_site(folder / "site.yaml", content)


async def test_an_agent_serves_with_one_core_and_512_mb(tmp_path: Path, spawn: Spawn) -> None:
    async with ModbusServer({unit: echo_unit() for unit in range(1, METERS + 1)}) as server:
        run = xietong("edge", "run", "--site", site_file(tmp_path, server.port))
        agent = spawn("edge", [sys.executable, "-m", "tests.support.small_box", *run])

        def acquired() -> int:
            file = tmp_path / "data" / "outbox.db"
            if not file.exists():
                return 0
            outbox = open_outbox_file(file)
            try:
                return outbox.counts().acquired
            finally:
                outbox.close()

        try:
            await until(lambda: acquired() >= 5 * METERS * POINTS, within_s=60)
            process = psutil.Process(agent.pid)
            assert len(process.cpu_affinity()) == 1
            assert process.memory_info().rss < MEMORY
            assert agent.terminate() == 0
        finally:
            agent.clean_up()
            met = leave_group(agent.pid)
        assert met in (None, 0)
