"""A whole edge agent before a foreign host that knows nothing of our envelopes and acknowledgements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge_agent.app import status
from tests.support.modbus_server import ModbusServer, Unit
from tests.support.mosquitto import StartMosquitto
from tests.support.peers import peer
from tests.support.process import Spawn, xietong
from tests.support.profiles import profile_of, register, site_content, write_site
from tests.support.waiting import until

pytestmark = pytest.mark.server

HOST = "foreign"
SETPOINT, BEFORE, ORDERED = "Setpoint/Temperature", 200, 225
WRITABLE = {"write": "fc6", "limits": [18, 30], "step": 0.5, "safe_value": 26, "verify": {"after_ms": 0, "tol": 0.05}}


def site_file(folder: Path, broker_port: int, line_port: int, *, accept_unsigned: bool) -> Path:
    """An air conditioner whose set point stands in register 4, in tenths of a degree."""
    point = register(SETPOINT, 4, "int16", scale=0.1, unit="°C", poll="fast", range=[10, 40], **WRITABLE)
    profile = profile_of(register("Power", 5, poll="fast"), role="actuator", writable=[point])
    content = site_content(
        folder,
        profile,
        broker={"port": broker_port},
        primary_host=HOST,
        acknowledgement="none",
        accept_unsigned=accept_unsigned,
        poll={"fast_s": 0.2, "max_silence_s": 0.2},
        buses=[{"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1", "port": line_port}],
        devices=[{"id": "cooler", "profile": "test.meter", "bus": "line", "unit": 1}],
    )
    return write_site(folder / "site.yaml", content)


def metrics(lines: str, kind: str) -> list[dict[str, Any]]:
    """The metrics of every message of that kind that the foreign host printed."""
    heard = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    return [metric for one in heard if one["kind"] == kind for metric in one["metrics"]]


def receipts(lines: str) -> list[dict[str, Any]]:
    return [
        json.loads(one["stringValue"])
        for one in metrics(lines, "NDATA")
        if one["name"] == "Command/Receipt" and "stringValue" in one
    ]


@pytest.mark.parametrize(
    ("accept_unsigned", "outcome", "reason", "after"),
    [(False, "refused", "unsigned", BEFORE), (True, "verified", "written", ORDERED)],
    ids=["refused", "accepted"],
)
async def test_a_plain_order_of_a_foreign_host_is_answered_by_a_receipt(
    mosquitto: StartMosquitto,
    spawn: Spawn,
    tmp_path: Path,
    accept_unsigned: bool,
    outcome: str,
    reason: str,
    after: int,
) -> None:
    broker = mosquitto()
    cooler = Unit({("holding", 4): BEFORE, ("holding", 5): 700})
    host = peer("host", tmp_path, str(broker.port), HOST)
    try:
        async with ModbusServer({1: cooler}) as server:
            host.start()
            site = site_file(tmp_path, broker.port, server.port, accept_unsigned=accept_unsigned)
            agent = spawn("edge", xietong("edge", "run", "--site", site))
            await until(lambda: bool(receipts(host.output())), what="receipt", within_s=30)
            assert agent.terminate() == 0
    finally:
        host.clean_up()
    (receipt,) = receipts(host.output())
    assert (receipt["device"], receipt["point"], receipt["outcome"]) == ("cooler", SETPOINT, outcome)
    assert receipt["reason"] == reason
    assert cooler.words["holding", 4] == after
    told = {one["name"]: one.get("stringValue") for one in metrics(host.output(), "NBIRTH")}
    assert told["Properties/acknowledgement"] == "none"
    assert status(site)["is_lossy"] is True
    assert status(site)["outbox_rows"] < status(site)["acquired"]
