"""How long a signed command takes from the cloud to the device, and to its receipt, while 50 devices are polled.

Real sockets throughout: a broker, the edge agent as a process, simulated air conditioners as another; this process is
the cloud's host application. Seconds, and shares of the poll interval; the goal is a p99 to the device under 1 s.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
import time
import uuid
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

from benchmarks.support.report import arguments, percentile, publish
from device_profiles.catalogue import load_catalogue
from foundation.clock import SystemClock
from foundation.rng import SystemRng
from gateway.deliveries import Delivery, DeviceBorn, NodeBorn, RowArrived
from gateway.envelope import seal
from gateway.host_application import HostApplication
from gateway.keys import generate_private_key, public_key_text
from gateway.messages import Command, CommandAction, Outcome
from gateway.mqtt_link import Endpoint
from gateway.stream import Acknowledgement, RangeSet
from simulators.modbus_device import ModbusUnit
from simulators.modbus_server import ModbusEndpoint
from simulators.plausible import PlausibleDevice
from tests.support.mosquitto import Mosquitto, start_mosquitto
from tests.support.process import ChildProcess, xietong
from tests.support.servers import require
from tests.support.waiting import running, until

PROFILE, POINT = "intesis.ac", "Setpoint/Temperature"
ENDPOINTS, UNITS = 5, 10
POLL_S = 1.0
ROUNDS, ROUND_S = 5, 12.0
GROUP, NODE = "bench", "edge-1"


class TellingUnit(ModbusUnit):
    """Tells when a register was written; the monotonic clock is the machine's, one for all processes."""

    device: str
    tell: Connection

    def write(self, *request: Any, **named: Any) -> Any:
        self.tell.send((self.device, time.monotonic()))
        return super().write(*request, **named)


def serve(tell: Connection) -> None:
    async def run() -> None:
        profile, clock = load_catalogue().get(PROFILE), SystemClock()
        ports = []
        for number in range(ENDPOINTS):
            units: dict[int, ModbusUnit] = {}
            for unit in range(1, UNITS + 1):
                made = TellingUnit(profile, PlausibleDevice(profile, clock.now_ms()), clock, SystemRng())
                made.device, made.tell = f"ac-{number}-{unit}", tell
                units[unit] = made
            endpoint = ModbusEndpoint(units, "127.0.0.1", 0)
            await endpoint.start()
            ports.append(endpoint.port)
        tell.send(ports)
        await asyncio.Event().wait()

    asyncio.run(run())


class Cloud:
    """The host application's end: sends commands, acknowledges rows, notes when receipts come."""

    def __init__(self, broker: Mosquitto) -> None:
        self.clock, self.key = SystemClock(), generate_private_key()
        self.nonce, self.born = "", set[str]()
        self.sent_s: dict[str, tuple[str, float]] = {}
        self.verified_s: dict[str, float] = {}
        self.other_ends: list[str] = []
        self.host = HostApplication(
            host_id="xietong",
            endpoint=Endpoint(broker.host, broker.port),
            deliver=self._deliver,
            last_state_ms=0,
            remember_state_ms=lambda at_ms: None,
            clock=self.clock,
            rng=SystemRng(),
        )

    def order(self, device: str, value: float) -> None:
        now_ms, name = self.clock.now_ms(), str(uuid.uuid4())
        command = Command(
            command_id=name, issuer="bench", counter=len(self.sent_s) + 1, group=GROUP, node=NODE, device=device,
            point=POINT, action=CommandAction.WRITE, value=value, priority=8, lease_s=3_600,
            not_before_ms=now_ms - 1_000, expires_ms=now_ms + 30_000, nonce=self.nonce, reason="benchmark",
        )  # fmt: skip
        envelope = seal(command, self.key)
        self.sent_s[name] = (device, time.monotonic())
        self.host.send_envelope(GROUP, NODE, device, envelope)

    def _deliver(self, heard: Sequence[Delivery]) -> None:
        for one in heard:
            if isinstance(one, NodeBorn):
                self.nonce = one.birth.nonce
            elif isinstance(one, DeviceBorn):
                self.born.add(one.birth.device)
            elif isinstance(one, RowArrived):
                self.host.acknowledge(
                    one.group, one.node, Acknowledgement(one.stream, RangeSet([(one.spool, one.spool)]))
                )
                for receipt in one.receipts:
                    if receipt.outcome is Outcome.VERIFIED:
                        self.verified_s[receipt.command_id] = time.monotonic()
                    elif receipt.outcome is not Outcome.RELINQUISHED:  # as the next round supersedes it
                        self.other_ends.append(f"{receipt.outcome}: {receipt.reason}")


def site_file(folder: Path, broker: Mosquitto, ports: Sequence[int], key: str) -> Path:
    buses = [
        {"id": f"bus-{n}", "kind": "modbus_tcp", "host": "127.0.0.1", "port": port} for n, port in enumerate(ports)
    ]
    devices = [
        {"id": f"ac-{n}-{unit}", "profile": PROFILE, "bus": f"bus-{n}", "unit": unit}
        for n in range(len(ports))
        for unit in range(1, UNITS + 1)
    ]
    content = {
        "schema": "xietong.site/1",
        "group": GROUP,
        "node": NODE,
        "broker": {"host": broker.host, "port": broker.port},
        "data_dir": "edge",
        "command_keys": [key],
        "poll": {"fast_s": POLL_S, "normal_s": POLL_S, "slow_s": POLL_S},
        "buses": buses,
        "devices": devices,
    }
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


async def measure(folder: Path, there: Connection) -> dict[str, Any]:
    broker = start_mosquitto(require("mosquitto"), folder / "broker")
    cloud = Cloud(broker)
    site = site_file(folder, broker, there.recv(), public_key_text(cloud.key.public_key()))
    edge = ChildProcess("edge", xietong("edge", "run", "--site", site), folder / "edge.log")
    edge.start()
    try:
        async with running(cloud.host.run()):
            await until(lambda: len(cloud.born) == ENDPOINTS * UNITS, within_s=60, what="births")
            await asyncio.sleep(5)
            for turn in range(ROUNDS):
                for device in sorted(cloud.born):
                    cloud.order(device, 20.0 + turn)
                    await asyncio.sleep(ROUND_S / len(cloud.born))
            await until(lambda: len(cloud.verified_s) + len(cloud.other_ends) >= len(cloud.sent_s), within_s=30)
    finally:
        edge.clean_up()
        broker.process.clean_up()
    return figures(cloud, written(there))


def written(there: Connection) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    while there.poll():
        device, at_s = there.recv()
        times.setdefault(device, []).append(at_s)
    return times


def figures(cloud: Cloud, writes: dict[str, list[float]]) -> dict[str, Any]:
    to_device, to_receipt = [], []
    for name, (device, sent_s) in cloud.sent_s.items():
        if name in cloud.verified_s:
            to_receipt.append(cloud.verified_s[name] - sent_s)
            to_device.append(min(at_s for at_s in writes[device] if at_s >= sent_s) - sent_s)
    return {
        "devices_polled": ENDPOINTS * UNITS,
        "poll_interval_s": POLL_S,
        "commands": len(cloud.sent_s),
        "verified": len(to_receipt),
        "other_ends": len(cloud.other_ends),
        "to_device_p50_s": percentile(to_device, 0.5),
        "to_device_p99_s": percentile(to_device, 0.99),
        "to_device_p99_of_poll_interval": percentile(to_device, 0.99) / POLL_S,
        "to_device_longest_s": max(to_device),
        # The profile waits 1.5 s before it reads back.
        "to_receipt_p50_s": percentile(to_receipt, 0.5),
        "to_receipt_p99_s": percentile(to_receipt, 0.99),
    }


def main() -> None:
    given = arguments(__doc__ or "")
    there, tell = multiprocessing.Pipe(duplex=False)
    devices = multiprocessing.get_context("spawn").Process(target=serve, args=(tell,))
    devices.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            publish(asyncio.run(measure(Path(name), there)), given.json)
    finally:
        devices.terminate()
        devices.join()


if __name__ == "__main__":
    main()
