"""A real agent over real sockets reads its site file again: one meter changes, two never notice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge_agent.app import open_outbox_file
from foundation.errors import ContractError
from gateway.sparkplug.codec import Metric, decode
from tests.support.modbus_server import ModbusServer, echo_unit
from tests.support.process import ChildProcess, Spawn, xietong
from tests.support.profiles import profile_of, register, site_content, write_site
from tests.support.waiting import until

POINTS = (register("Power", 10, poll="fast", ratio=["ct"]), register("Voltage", 11, poll="fast"))


class EdgeBox:
    """The files of one edge node, and its agent."""

    def __init__(
        self, folder: Path, ports: list[int], spawn: Spawn, environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder, self.file = folder, folder / "site.yaml"
        profile = profile_of(*POINTS, params={"ct": {"default": 1}}, probe=[])
        lines = [
            {"id": f"line-{n}", "kind": "modbus_tcp", "host": "127.0.0.1", "port": port}
            for n, port in enumerate(ports, 1)
        ]
        meters = [
            {"id": f"meter-{n}", "profile": "test.meter", "bus": f"line-{n}", "unit": 1}
            for n in range(1, len(ports) + 1)
        ]
        self.content = site_content(
            folder,
            profile,
            poll={"fast_s": 0.2, "normal_s": 0.2, "slow_s": 0.2, "max_silence_s": 0.2},
            buses=[*lines, {"id": "box", "kind": "gateway"}],
            devices=[*meters, {"id": "gateway", "profile": "xietong.gateway", "bus": "box"}],
        )
        self.write()
        self.agent: ChildProcess = spawn("edge", xietong("edge", "run", "--site", self.file), environment)
        self._spawn = spawn

    def write(self) -> None:
        write_site(self.file, self.content)

    def ask_to_reload(self) -> tuple[int, str]:
        """`xietong edge reload`: exit code and what it says."""
        child = self._spawn("reload", xietong("edge", "reload", "--site", self.file))
        return child.wait(30), child.output()

    def bodies(self) -> list[bytes]:
        outbox = open_outbox_file(self.folder / "data" / "outbox.db")
        try:
            return [row.body for row in outbox.rows(range(1, outbox.last_spool() + 1))]
        finally:
            outbox.close()

    def metrics(self) -> list[Metric]:
        found: list[Metric] = []
        for body in self.bodies():
            # A row is without the frame around it; what cannot be read so is not looked for here.
            with contextlib.suppress(ContractError):
                found += decode(body).metrics
        return found

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(str(one.value)) for one in self.metrics() if one.name == f"Event/{kind}"]


async def test_one_changed_device_costs_the_others_no_poll_and_no_connection(tmp_path: Path, spawn: Spawn) -> None:
    async with (
        ModbusServer({1: echo_unit()}) as one,
        ModbusServer({1: echo_unit()}) as two,
        ModbusServer({1: echo_unit()}) as three,
    ):
        servers = [one, two, three]
        box = EdgeBox(tmp_path, [server.port for server in servers], spawn)
        await until(lambda: min(len(server.requests) for server in servers) >= 5, within_s=30)

        box.content["devices"][1]["params"] = {"ct": 40}
        box.write()
        assert await asyncio.to_thread(box.ask_to_reload) == (0, "applied\n")
        await until(lambda: bool(box.events("edge.config_changed")), within_s=30)
        seen = [len(server.requests) for server in servers]
        await until(lambda: all(len(server.requests) >= n + 5 for server, n in zip(servers, seen, strict=True)))

        for server in (one, three):
            # A line made anew would count from 1 again; a poll lost or doubled on the way would leave its mark here.
            assert [request.transaction for request in server.requests] == list(range(1, len(server.requests) + 1))
        assert [server.connections for server in servers] == [1, 1, 1]
        assert abs(len(one.requests) - len(three.requests)) <= 1
        assert box.events("edge.config_changed")[0]["data"]["added"] == ["meter-2"]
        assert box.agent.terminate() == 0


async def test_a_wrong_file_changes_nothing_and_is_told(tmp_path: Path, spawn: Spawn) -> None:
    async with ModbusServer({1: echo_unit()}) as server:
        box = EdgeBox(tmp_path, [server.port], spawn)
        await until(lambda: len(server.requests) >= 3, within_s=30)

        box.content["devices"][0]["params"] = {"ct": -1}
        box.write()
        code, said = await asyncio.to_thread(box.ask_to_reload)
        assert (code, "devices.meter-1.params.ct" in said) == (2, True), said
        assert box.events("edge.config_refused") == []
        box.agent.signal(signal.SIGHUP)
        await until(lambda: bool(box.events("edge.config_refused")), within_s=30)
        seen = len(server.requests)
        await until(lambda: len(server.requests) >= seen + 3)

        assert box.events("edge.config_refused")[0]["data"]["setting"] == "devices.meter-1.params.ct"
        assert box.events("edge.config_changed") == []
        assert server.connections == 1
        assert box.agent.terminate() == 0


async def test_an_agent_without_a_broker_is_ready_alive_and_says_how_it_is(tmp_path: Path, spawn: Spawn) -> None:
    told: list[str] = []

    def hear() -> bool:
        with contextlib.suppress(BlockingIOError):
            told.append(manager.recv(1_000).decode())
        return False

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "500000"}
        async with ModbusServer({1: echo_unit()}) as server:
            box = EdgeBox(tmp_path, [server.port], spawn, environment)
            await until(lambda: hear() or told.count("WATCHDOG=1") >= 3, within_s=30)
            assert "READY=1" in told
            box.agent.signal(signal.SIGHUP)
            await until(lambda: hear() or told.count("READY=1") == 2, within_s=30)
            assert [one for one in told if one.startswith("RELOADING=1\nMONOTONIC_USEC=")]
            await until(lambda: any(one.name == "Health/Memory" for one in box.metrics()), within_s=30)
            assert box.agent.terminate() == 0
