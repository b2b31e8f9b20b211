"""The default compound with the cloud as three processes on InfluxDB, PostgreSQL and mosquitto, all really started."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from cloud.adapters.influx.server import InfluxAddress, Series, open_server
from demo.commands import EdgeStatus
from tests.support.county import County
from tests.support.influx import influxdb
from tests.support.ports import free_port
from tests.support.postgres import running_postgres
from tests.support.process import ChildProcess, xietong
from tests.support.servers import require
from tests.support.waiting import until

ROLES = ("ingest", "jobs", "api")
BUCKET = "county"


@dataclass(frozen=True, slots=True)
class ServerCounty:
    """A county whose processes `ingest`, `jobs` and `api` are started and killed one by one, as `influxd` is."""

    county: County
    influxd: ChildProcess
    influx_port: int
    database: str

    @property
    def influx_url(self) -> str:
        return f"http://127.0.0.1:{self.influx_port}"

    def start_influxd(self) -> None:
        """Start InfluxDB, or start it again on what it has written."""
        self.influxd.start()
        self.influxd.wait_for_port(self.influx_port, timeout_s=60)

    def plan(self) -> None:
        """Write every file, start broker and simulators, and make the three roles ready to start."""
        county = self.county
        county.plan()
        settings = yaml.safe_load(county.layout.cloud.read_text(encoding="utf-8"))
        settings["store"] = {"kind": "influx1", "url": self.influx_url, "bucket": BUCKET}
        settings["database"] = self.database
        county.layout.cloud.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
        for role in ROLES:
            county.add(role, xietong("cloud", "run", "--settings", county.layout.cloud, "--role", role))

    def status(self) -> dict[str, Any]:
        return self.county.cloud_status()

    def edge_status(self) -> EdgeStatus:
        answer = self.county.run("edge", "status", "--site", self.county.layout.site, "--json")
        return EdgeStatus.parse(json.loads(answer))

    def pending(self) -> int:
        """Readings of the outbox that the ledger lacks, compared by a process of its own."""
        layout = self.county.layout
        answer = self.county.run("cloud", "pending", "--settings", layout.cloud, "--outbox", layout.outbox, "--json")
        return int(json.loads(answer)["pending"])

    async def drained(self) -> None:
        """Polling ends, the outbox drains, and a lease that ends cannot read back any more."""
        edge = self.county.children["edge"]
        edge.signal(signal.SIGUSR1)
        await until(lambda: not self.edge_status().is_polling and self.edge_status().outbox_rows == 0, within_s=60)
        edge.terminate()

    def lost(self) -> int:
        """Readings that are neither stored nor waiting nor known to be dropped or set aside."""
        edge, found = self.edge_status(), self.status()
        return edge.acquired - found["stored"] - self.pending() - edge.dropped - int(found["quarantined"])

    def client(self, role: str) -> httpx.Client:
        """The API for somebody with this role; a grant of the command line."""
        layout = self.county.layout
        token = self.county.run("cloud", "token", "--settings", layout.cloud, "--name", role, "--role", role)
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.county.http_port}/api/v1",
            headers={"Authorization": f"Bearer {token.strip()}"},
            timeout=30,
        )

    def query(self, part: str, text: str) -> list[Series]:
        """InfluxDB's own answer about one of the buckets `raw`, `15m`, `event`."""
        return open_server(InfluxAddress("influx1", self.influx_url, f"{BUCKET}_{part}")).query(text)


@contextmanager
def server_county(folder: Path) -> Iterator[ServerCounty]:
    """Servers and county for the length of the block; a server that cannot be had skips the test."""
    broker, program, port = require("mosquitto"), require("influxdb"), free_port()
    with running_postgres(require("postgresql")) as database:
        county = County(folder / "county", broker_program=broker)
        made = ServerCounty(county, influxdb(program, folder / "influxdb", port), port, database)
        try:
            made.start_influxd()
            yield made
        finally:
            county.clean_up()
            made.influxd.clean_up()
