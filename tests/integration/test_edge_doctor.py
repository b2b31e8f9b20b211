"""`xietong edge doctor` on healthy and sick edge nodes, over real sockets, files and databases."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge_agent.delivery.outbox import NewRow, Outbox
from edge_agent.local.checks.finding import Finding, State
from edge_agent.local.checks.time_and_certificates import judge
from edge_agent.local.clock_watch import boot_id
from edge_agent.local.doctor import answer_of, examine, language_of, line_of, worst
from foundation.clock import Clock, SystemClock
from foundation.disk import SystemDisk, held
from foundation.rng import SystemRng
from foundation.steady_clock import SteadyClock
from foundation.texts import load_texts
from tests.support.manual_clock import ManualClock
from tests.support.modbus_server import ModbusServer, echo_unit
from tests.support.mosquitto import StartMosquitto
from tests.support.ports import free_port
from tests.support.process import ROOT, Spawn, xietong

SECRET = "correct horse battery staple"


class Node:
    """The files of one edge node."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.data.mkdir()
        (folder / "broker.password").write_text(SECRET, encoding="utf-8")
        (folder / "broker.password").chmod(0o600)
        self.content: dict[str, Any] = {
            "schema": "xietong.site/1",
            "group": "test",
            "node": "edge-1",
            "broker": {"port": free_port(), "username": "edge-1", "password_file": "broker.password"},
            "data_dir": "data",
            "buses": [{"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1", "port": free_port()}],
            "devices": [{"id": "meter", "profile": "eastron.sdm630", "bus": "line", "unit": 1}],
        }

    @property
    def file(self) -> Path:
        path = self.folder / "site.yaml"
        path.write_text(yaml.safe_dump(self.content), encoding="utf-8")
        return path

    def outbox(self, max_rows: int = 1_000_000) -> Outbox:
        return Outbox(self.data / "outbox.db", disk=SystemDisk(), rng=SystemRng(), max_rows=max_rows)

    async def found(self, clock: Clock | None = None) -> dict[str, Finding]:
        findings = await examine(self.file, clock or SystemClock(), SystemRng())
        for language in ("zh-CN", "en"):
            assert "?" not in "".join(line_of(one, language) for one in findings), "every placeholder is filled"
        return {one.code: one for one in findings}


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


async def test_what_is_well_is_told_while_the_agent_holds_its_folder_and_writes(node: Node) -> None:
    outbox = node.outbox()
    outbox.put([NewRow("meter", b"", 3)], now_ms=SystemClock().now_ms())
    async with ModbusServer({1: echo_unit()}) as server:
        node.content["buses"][0]["port"] = server.port
        with held(node.data / "agent.lock", "edge agent"):
            found = await node.found()
    outbox.close()
    assert found["agent.runs"].state is State.OK
    assert (found["database.whole"].facts["name"], found["outbox.waiting"].facts["rows"]) == ("outbox.db", 1)
    assert found["bus.good"].state is found["secret.good"].state is found["site.good"].state is State.OK
    assert "outbox.none_dropped" in found


async def test_a_sick_node_names_each_of_its_ills(node: Node) -> None:
    outbox = node.outbox(max_rows=1_000)
    day_ago = SystemClock().now_ms() - 86_400_000
    outbox.put([NewRow("meter", b"", 2) for _ in range(1_200)], now_ms=day_ago)
    outbox.close()
    node.content["outage"] = {"max_rows": 1_000}
    (node.data / "commands.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 8_192)
    (node.data / "outbox.db.damaged-20260928T001500Z").write_bytes(bytes(2**20))
    (node.folder / "broker.password").chmod(0o644)
    node.content |= {"accept_unsigned": True, "acknowledgement": "none"}
    node.content["buses"].append({"id": "rs485", "kind": "serial", "port": "/dev/ttyNONE9"})
    found = await node.found()
    states = {code: found[code].state for code in found}
    assert states["database.damaged"] is states["secret.open"] is states["bus.unreachable"] is State.FAIL
    assert states["bus.no_port"] is states["broker.unreachable"] is states["outbox.nearly_full"] is State.FAIL
    assert states["broker.lossy"] is states["database.set_aside"] is State.WARN
    assert (node.data / "commands.db.suspect").exists(), "the next start looks through the whole file"
    assert states["agent.none"] is states["keys.unsigned"] is states["keys.none"] is State.WARN
    assert found["outbox.dropped"].facts["readings"] == 400
    assert SECRET not in str(found)


async def test_a_line_that_takes_whoever_calls_is_told(node: Node) -> None:
    way = {"kind": "dial_in", "listen": "127.0.0.1"}
    node.content["buses"] += [
        {"id": "gate", **way, "port": free_port(), "anyone": True},
        {"id": "pump", **way, "port": free_port(), "registration": "DTU-PUMP"},
    ]
    findings = await examine(node.file, SystemClock(), SystemRng())
    told = [(one.facts["bus"], one.state) for one in findings if one.code == "bus.anyone"]
    assert told == [("gate", State.WARN)]
    node.content["buses"][1].pop("anyone")
    found = await node.found()
    assert list(found) == ["site.wrong"]
    assert found["site.wrong"].facts["setting"] == "buses.1.dial_in.registration"


async def test_a_wrong_site_file_is_all_there_is_to_tell(node: Node) -> None:
    node.content["devices"][0]["profile"] = "weather.none"
    assert list(await node.found()) == ["site.wrong"]


async def test_a_device_that_its_bus_cannot_carry_is_found_before_the_agent_is_started(node: Node) -> None:
    node.content["devices"].append({"id": "camera", "profile": "onvif.camera", "bus": "line", "unit": 2})
    found = await node.found()
    assert (list(found), found["site.wrong"].facts["setting"]) == (["site.wrong"], "devices.camera.bus")


async def test_books_that_do_not_add_up_are_told(node: Node) -> None:
    outbox = node.outbox()
    outbox.put([NewRow("meter", b"", 2)], now_ms=0)
    outbox.close()
    database = sqlite3.connect(node.data / "outbox.db")
    with database:
        database.execute("UPDATE row SET readings = 5")
    database.close()
    assert (await node.found())["outbox.imbalance"].state is State.FAIL


async def test_a_clock_at_1970_is_told(node: Node) -> None:
    assert (await node.found(ManualClock(now_ms=86_400_000)))["clock.implausible"].state is State.FAIL


async def test_a_clock_set_by_hand_under_a_running_agent_is_told(node: Node) -> None:
    clock = ManualClock()
    kept = SteadyClock(clock, boot=boot_id()).kept(0)
    (node.data / "clock.json").write_text(json.dumps(asdict(kept)), encoding="utf-8")
    clock.advance(1_000)
    assert "clock.differs" not in await node.found(clock)
    clock.set_wall(clock.now_ms() + 3_600_000)
    found = (await node.found(clock))["clock.differs"]
    assert (found.state, found.facts["seconds"]) == (State.WARN, 3_600)


@pytest.mark.parametrize(
    ("days", "code", "state"),
    [
        (31, "certificate.good", State.OK),
        (29, "certificate.ends", State.WARN),
        (13, "certificate.ends", State.WARN),
        (6, "certificate.ends", State.FAIL),
        (-1, "certificate.over", State.FAIL),
    ],
)
def test_a_certificate_is_told_ahead_of_its_end(days: int, code: str, state: State) -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    found = judge("broker", now - timedelta(days=60), now + timedelta(days=days, hours=1), now)
    assert (found.code, found.state) == (code, state)
    assert judge("broker", now + timedelta(days=1), now + timedelta(days=99), now).code == "certificate.early"


def test_every_code_has_its_sentence() -> None:
    sources = [*(ROOT / "edge_agent/local/checks").glob("*.py"), ROOT / "edge_agent/local/doctor.py"]
    codes = {code for path in sources for code in re.findall(r'\w+\(\s*"([a-z]+\.[a-z_]+)"', path.read_text())}
    assert len(codes) > 30
    known = {key.removeprefix("doctor.") for key in load_texts().keys() if key.startswith("doctor.")}  # noqa: SIM118
    assert codes <= known
    assert {code for code in known if not code.startswith("state.")} == codes


def test_the_language_is_that_of_the_terminal_unless_asked_for() -> None:
    assert language_of(None, {"LANG": "zh_CN.UTF-8"}) == "zh-CN"
    assert language_of(None, {"LANG": "de_DE.UTF-8"}) == language_of("en", {"LANG": "zh_CN.UTF-8"}) == "en"


def test_the_command_says_it_in_lines_of_json_and_by_its_exit_code(node: Node, spawn: Spawn) -> None:
    doctor = spawn("doctor", xietong("edge", "doctor", "--site", node.file, "--json", "--lang", "zh-CN"))
    assert doctor.wait(30) == State.FAIL
    lines = [json.loads(line) for line in doctor.output().splitlines() if line.startswith("{")]
    assert {"check", "state", "text", "facts"} == set(lines[0])
    assert [line["state"] for line in lines if line["check"] == "bus.unreachable"] == ["fail"]
    assert any("数据目录" in line["text"] for line in lines)


def test_the_worst_finding_decides() -> None:
    findings = [Finding("agent.none", State.WARN), Finding("agent.runs", State.OK, {"process": 7})]
    assert (worst(findings), worst([])) == (State.WARN, State.OK)
    assert answer_of(findings[1], "en")["facts"] == {"process": 7}


async def test_a_broker_that_takes_the_login_and_the_subscription_is_well(
    node: Node, mosquitto: StartMosquitto
) -> None:
    node.content["broker"]["port"] = mosquitto().port
    assert (await node.found())["broker.good"].state is State.OK
