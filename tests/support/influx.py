"""Real time-series servers of the tests' own: InfluxDB 1.6.7, and VictoriaMetrics for the write path of 2.x."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.process import ChildProcess

CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
"""


def influxdb(program: Path, folder: Path, port: int) -> ChildProcess:
    """An InfluxDB 1.x to be started, killed and started again; what it has written stays in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "influxdb.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, rpc=free_port()), encoding="utf-8")
    return ChildProcess("influxd", [program, "-config", configuration], folder / "influxd.log")


@contextmanager
def running_influxdb(program: Path, folder: Path, port: int | None = None) -> Iterator[str]:
    """The address of a fresh InfluxDB 1.x; on a port of its own if none is given."""
    port = port or free_port()
    with _running(influxdb(program, folder, port), port) as url:
        yield url


@contextmanager
def running_victoria_metrics(program: Path, folder: Path) -> Iterator[str]:
    """The address of a fresh VictoriaMetrics."""
    port = free_port()
    options = [f"-storageDataPath={folder / 'data'}", "-retentionPeriod=20y", f"-httpListenAddr=127.0.0.1:{port}"]
    with _running(ChildProcess("victoria-metrics", [program, *options], folder / "victoria.log"), port) as url:
        yield url


@contextmanager
def _running(server: ChildProcess, port: int) -> Iterator[str]:
    try:
        server.start()
        server.wait_for_port(port, timeout_s=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.clean_up()
