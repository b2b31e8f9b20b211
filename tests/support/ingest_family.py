"""Several ingest processes of one host id on mosquitto, PostgreSQL and InfluxDB, all really started, and their judges.

Who speaks is read from the broker's log, who writes from a trigger in the database: neither asks the code under test.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
import yaml

from cloud.adapters.sql.database import migrate, open_database
from cloud.adapters.sql.lease_book import SqlLeaseBook
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.adapters.stores import open_stores
from cloud.core.ingest_lease import IngestHost
from cloud.core.series import StoreCounts
from cloud.settings import read_settings
from demo.layout import Layout, prepare
from demo.plan import write_cloud, write_institution
from foundation.texts import load_texts
from simulators.compound import load_compound
from tests.support.edge_side import GROUP, NODE, EdgeSide
from tests.support.fault_proxy import FaultProxy
from tests.support.influx import running_influxdb
from tests.support.mosquitto import Mosquitto, start_mosquitto
from tests.support.ports import free_port
from tests.support.postgres import running_postgres
from tests.support.process import ChildProcess, xietong
from tests.support.servers import require
from tests.support.waiting import running, until

TERM_S = 2
ROWS_AT_ONCE, EVERY_S = 40, 0.05
STILL_FOR = 15
"""A write is stuck when so many looks in a row find the same."""
RUN = xietong("cloud", "run")

# The writer's name and, as the transaction saw it, the name of the primary.
WATCH = """
CREATE TABLE watched (number bigserial PRIMARY KEY, writer text, process text, fence bigint);
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO watched (writer, process, fence)
  SELECT current_setting('application_name'), process, fence FROM ingest_lease; RETURN NULL; END $$;
CREATE TRIGGER watch AFTER INSERT ON series_ledger FOR EACH STATEMENT EXECUTE FUNCTION watch();
"""
_SPOKEN = re.compile(rf"Received PUBLISH from (\S+) .*'spBv1\.0/{GROUP}/NCMD/{NODE}'")


@dataclass(slots=True)
class Family:
    """Its members are started, killed, frozen and thawed by name."""

    layout: Layout
    broker: Mosquitto
    engine: sa.Engine
    edge: EdgeSide
    members: dict[str, ChildProcess] = field(default_factory=dict)
    ways: dict[str, FaultProxy] = field(default_factory=dict)
    """Each member's way to InfluxDB."""
    is_loaded: bool = True

    def host(self) -> IngestHost:
        [host] = SqlLeaseBook(self.engine).hosts()
        return host

    async def primary(self, *, other_than: str = "", within_s: float = 30) -> str:
        """The member that is the primary, once there is one."""
        found: list[str] = []

        def is_there() -> bool:
            hosts = SqlLeaseBook(self.engine).hosts()
            found[:] = [one.primary for one in hosts if one.primary not in (None, other_than)]
            return bool(found)

        await until(is_there, within_s=within_s, what=f"a primary other than {other_than!r}")
        return found[0]

    async def flows(self, rows: int = 100) -> None:
        """Until so many more rows have been acknowledged."""
        before = self.freed()
        await until(lambda: self.freed() >= before + rows, within_s=40, what="rows are acknowledged")

    def freed(self) -> int:
        counts = self.edge.outbox.counts()
        return counts.acquired - counts.readings

    def ask(self, query: str) -> list[sa.Row[tuple[object, ...]]]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(query)).all())

    async def is_stuck_in_a_write(self) -> None:
        """Until a write has been begun and goes no further: noted as under way, not booked."""
        seen: list[object] = []

        def is_still() -> bool:
            now = self.ask("SELECT stream, spool FROM series_under_way ORDER BY 1, 2")
            seen[:] = [*seen, now] if now and seen[-1:] == [now] else [now]
            return len(seen) >= STILL_FOR

        await until(is_still, what="a write is stuck")

    async def drained(self) -> None:
        await until(lambda: self.edge.outbox.counts().rows == 0, within_s=60, what="outbox drained")

    def strange_writes(self) -> list[object]:
        """Ledger entries written by a process that was not the primary at that moment, or under an older lease."""
        found = self.ask("SELECT writer, process, fence FROM watched ORDER BY number")
        late = [row for before, row in pairwise(found) if row.fence < before.fence]
        return [row for row in found if row.writer != row.process] + late

    def late_words(self) -> dict[str, int]:
        """How often a client spoke to the edge as its host after another one had begun to."""
        order, late = list[str](), dict[str, int]()
        for client in _SPOKEN.findall(self.broker.process.log.read_text(encoding="utf-8", errors="replace")):
            if client not in order:
                order.append(client)
            elif client != order[-1]:
                late[client] = late.get(client, 0) + 1
        return late

    async def load(self) -> None:
        """Rows all the time, until `is_loaded` is set to False."""
        while self.is_loaded:
            self.edge.put(ROWS_AT_ONCE)
            await asyncio.sleep(EVERY_S)

    def counts(self) -> StoreCounts:
        """Counted from the databases."""
        registry = sql_ports(self.engine, self.edge.clock).registry
        return open_stores(read_settings(self.layout.cloud), self.engine, registry).series.counts()


@asynccontextmanager
async def ingest_family(
    folder: Path, names: Sequence[str], run: Mapping[str, Sequence[str | Path]] | None = None
) -> AsyncIterator[Family]:
    """Members that are started, one of them primary, and an edge that sends; `run` replaces a member's program."""
    broker_program, influx_program = require("mosquitto"), require("influxdb")
    async with AsyncExitStack() as stack:
        database = stack.enter_context(running_postgres(require("postgresql")))
        influx = stack.enter_context(running_influxdb(influx_program, folder / "influxdb"))
        broker = start_mosquitto(broker_program, folder / "broker", "log_type all")
        stack.callback(broker.process.clean_up)
        engine = open_database(database)
        stack.callback(engine.dispose)
        migrate(engine)
        with engine.begin() as connection:
            connection.execute(sa.text(WATCH))
        edge = EdgeSide(folder / "edge", broker.port)
        family = Family(_plan(folder, broker.port, database, influx), broker, engine, edge)
        for name in names:
            way = await stack.enter_async_context(FaultProxy(urlsplit(influx).port or 0))
            environment = {
                "XIETONG_CLOUD_DATABASE": f"{database}?application_name={name}",
                "XIETONG_CLOUD_STORE__URL": f"http://127.0.0.1:{way.port}",
                "XIETONG_CLOUD_INGEST__PROCESS": name,
            }
            command = [*(run or {}).get(name, RUN), "--settings", family.layout.cloud, "--role", "ingest"]
            member = ChildProcess(name, command, folder / "logs" / f"{name}.log", environment)
            stack.callback(member.clean_up)
            family.members[name], family.ways[name] = member.start(), way
        async with running(edge.node.run(), edge.uplink.run()):
            yield family


def _plan(folder: Path, broker_port: int, database: str, influx: str) -> Layout:
    layout = prepare(folder / "cloud")
    write_cloud(layout, broker_port, free_port())
    write_institution(layout, load_compound(), load_texts())
    settings = yaml.safe_load(layout.cloud.read_text(encoding="utf-8"))
    settings |= {"database": database, "store": {"kind": "influx1", "url": influx}, "ingest": {"lease_s": TERM_S}}
    layout.cloud.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return layout
