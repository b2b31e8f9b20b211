"""thingsboard-gateway as a peer: its own environment, its configuration, and the answers that it waits for.

It publishes nothing until its call `getSessionLimits` is answered on the broker, so somebody must play the platform.
"""

from __future__ import annotations

import json
import os
import subprocess
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "peers" / "thingsboard"
# The connector would install pymodbus and pyserial by itself at its first start.
PACKAGES = ("thingsboard-gateway==3.8.5", "pymodbus==3.9.2", "pyserial", "pyserial-asyncio")
TELEMETRY = "v1/gateway/telemetry"
CALL, ANSWER = "v1/devices/me/rpc/request/", "v1/devices/me/rpc/response/"
NO_LIMITS = {"maxPayloadSize": 65_536, "maxInflightMessages": 0, "rateLimits": {}, "gatewayRateLimits": {}}


def install() -> Path | None:
    """The interpreter of its environment, made once; None where it cannot be had."""
    interpreter = CACHE / "bin" / "python"
    if not (CACHE / "installed").exists():
        venv.create(CACHE, with_pip=True)
        done = subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *PACKAGES], check=False)
        if done.returncode != 0:
            return None
        (CACHE / "installed").touch()
    return interpreter


class Platform:
    """Answers the gateway on the broker and counts the values it publishes."""

    def __init__(self, broker_port: int) -> None:
        self.points = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", broker_port)
        self._client.subscribe([(TELEMETRY, 1), (CALL + "+", 1)])
        self._client.loop_start()

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        content = json.loads(message.payload)
        if message.topic == TELEMETRY:
            self.points += sum(len(one.get("values", one)) for rows in content.values() for one in rows)
        elif content.get("method") == "getSessionLimits":
            self._client.publish(ANSWER + message.topic.removeprefix(CALL), json.dumps(NO_LIMITS), qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def running_gateway(
    interpreter: Path, folder: Path, broker_port: int, ports: list[int], registers: int, *, is_wide: bool
) -> Iterator[int]:
    """The process id of a gateway that reads `registers` of unit 1 at every port each second.

    One request per register, as its documentation shows; `is_wide` asks for all registers of a device in one.
    """
    folder.mkdir()
    points: list[dict[str, Any]] = [{"tag": f"P{n}", "address": n} for n in range(registers)]
    if is_wide:
        points = [{"tag": "P${address}", "address": f"0-{registers - 1}", "maxRegistersPerRequest": registers}]
    coding = {"type": "16uint", "objectsCount": 1, "functionCode": 3, "divider": 10}
    series = [point | coding for point in points]
    _write(folder / "modbus.json", {"master": {"slaves": [_slave(n, port, series) for n, port in enumerate(ports)]}})
    _write(folder / "tb_gateway.json", _gateway(broker_port))
    _write(folder / "logs.json", {"version": 1, "disable_existing_loggers": False, "root": {"level": "ERROR"}})
    with (folder / "out.log").open("wb") as output:
        process = subprocess.Popen(
            [interpreter, "-m", "thingsboard_gateway.tb_gateway"],
            cwd=folder, env={**os.environ, "TB_GW_CONFIG_DIR": str(folder)}, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _slave(number: int, port: int, series: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "host": "127.0.0.1", "port": port, "type": "tcp", "method": "socket", "unitId": 1,
        "deviceName": f"meter-{number}", "deviceType": "default", "timeout": 5, "byteOrder": "BIG", "wordOrder": "BIG",
        "retries": 1, "retryOnEmpty": True, "retryOnInvalid": True, "pollPeriod": 1000, "connectAttemptTimeMs": 1000,
        "connectAttemptCount": 50, "waitAfterFailedAttemptsMs": 30_000, "attributes": [], "timeseries": series,
        "attributeUpdates": [], "rpc": [],
    }  # fmt: skip


def _gateway(broker_port: int) -> dict[str, Any]:
    """Its shipped settings but for the broker, statistics and remote control."""
    return {
        "thingsboard": {
            "host": "127.0.0.1", "port": broker_port, "remoteShell": False, "remoteConfiguration": False,
            "statistics": {"enable": False}, "deviceFiltering": {"enable": False},
            "maxPayloadSizeBytes": 8196, "minPackSendDelayMS": 50, "minPackSizeToSend": 500,
            "checkConnectorsConfigurationInSeconds": 60, "handleDeviceRenaming": True,
            "security": {"type": "accessToken", "accessToken": "bench"}, "qos": 1,
            "reportStrategy": {"type": "ON_RECEIVED"},
            "checkingDeviceActivity": {"checkDeviceInactivity": False},
        },
        "storage": {"type": "memory", "read_records_count": 100, "max_records_count": 100_000},
        "grpc": {"enabled": False},
        "connectors": [{"type": "modbus", "name": "bench", "configuration": "modbus.json"}],
    }  # fmt: skip


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
