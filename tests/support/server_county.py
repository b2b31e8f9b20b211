"""The default compound with the cloud as three processes on InfluxDB, PostgreSQL and mosquitto, all really started."""

from __future__ import annotations

import json
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
from tests.support.influx import running_influxdb
from tests.support.postgres import running_postgres
from tests.support.process import xietong
from tests.support.servers import require

ROLES = ("ingest", "jobs", "api")
BUCKET = "county"


@dataclass(frozen=True, slots=True)
class ServerCounty:
    """A county whose processes `ingest`, `jobs` and `api` are started and killed one by one."""

    county: County
    influx_url: str
    database: str

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
    broker = require("mosquitto")
    with (
        running_influxdb(require("influxdb"), folder / "influxdb") as influx_url,
        running_postgres(require("postgresql")) as database,
    ):
        made = ServerCounty(County(folder / "county", broker_program=broker), influx_url, database)
        try:
            yield made
        finally:
            made.county.clean_up()
