"""The ingest process as an operator starts it, with its settings, on a store of one's choice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from demo.layout import prepare
from demo.plan import write_cloud, write_institution
from foundation.texts import load_texts
from simulators.compound import load_compound
from tests.support.process import ChildProcess, xietong


@contextmanager
def running_ingest(folder: Path, broker_port: int, influx_url: str | None = None) -> Iterator[ChildProcess]:
    """`xietong cloud run --role ingest` with its data in `folder/cloud`; on InfluxDB 1.x when an address is given."""
    layout = prepare(folder)
    write_cloud(layout, broker_port, 0)
    write_institution(layout, load_compound(), load_texts())
    if influx_url is not None:
        settings = yaml.safe_load(layout.cloud.read_text(encoding="utf-8"))
        settings["store"] = {"kind": "influx1", "url": influx_url}
        layout.cloud.write_text(yaml.safe_dump(settings), encoding="utf-8")
    command = xietong("cloud", "run", "--settings", layout.cloud, "--role", "ingest")
    process = ChildProcess("ingest", command, folder / "ingest.log")
    process.start()
    try:
        yield process
    finally:
        if process.is_alive:
            process.terminate()
        process.clean_up()
