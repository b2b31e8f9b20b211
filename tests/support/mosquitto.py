"""A real mosquitto on a port of its own: loopback, anonymous, nothing kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.process import ChildProcess, ProcessFailed

ATTEMPTS = 5


@dataclass(frozen=True)
class Mosquitto:
    """A running broker; kill, freeze or restart it through `process`, it keeps its port."""

    host: str
    port: int
    process: ChildProcess

    def restart(self) -> None:
        """Start again after a kill and wait until it accepts connections."""
        self.process.start()
        self.process.wait_for_port(self.port)


StartMosquitto = Callable[..., Mosquitto]
"""The fixture `mosquitto(settings="")`."""


def start_mosquitto(program: Path, folder: Path, settings: str = "") -> Mosquitto:
    """Start a broker with its files in `folder`; `settings` are further lines of its configuration.

    A port taken by somebody else between choosing and listening is replaced by another.
    """
    for _ in range(ATTEMPTS):
        broker = _configured(program, folder, free_port(), settings)
        broker.process.start()
        try:
            broker.process.wait_for_port(broker.port, timeout_s=10)
        except ProcessFailed:
            broker.process.clean_up()
            if "Address already in use" not in broker.process.output():
                raise
        else:
            return broker
    raise ProcessFailed(f"no free port in {ATTEMPTS} attempts")


def _configured(program: Path, folder: Path, port: int, settings: str) -> Mosquitto:
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / f"mosquitto-{port}.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stderr\n{settings}\n",
        encoding="utf-8",
    )
    process = ChildProcess("mosquitto", [program, "-c", configuration], folder / f"mosquitto-{port}.log")
    return Mosquitto("127.0.0.1", port, process)
