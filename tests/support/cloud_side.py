"""The receiving half of the cloud as app.py wires it: host application, ingest, embedded store and SQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.sql.database import migrate, open_database
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.core.ports import TimeSeriesStore
from cloud.ingest.host import Ingest, IngestPorts
from foundation.clock import Clock, SystemClock
from foundation.disk import SystemDisk
from foundation.link import Tls
from foundation.rng import SeededRng, SystemRng
from gateway.host_application import HostApplication
from gateway.mqtt_link import Endpoint


class CloudSide:
    """One host on one broker, keeping into `folder`."""

    def __init__(
        self,
        folder: Path,
        port: int,
        clock: Clock | None = None,
        store: TimeSeriesStore | None = None,
        *,
        keepalive_s: int = 5,
        tls: Callable[[], Tls] | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        engine = open_database(f"sqlite:///{folder / 'cloud.db'}")
        migrate(engine)
        self.sql = sql_ports(engine, self.clock)
        self.store = store or EmbeddedStore(folder / "series.db", SystemDisk())
        ports = IngestPorts(
            store=self.store,
            event_log=self.sql.event_log,
            registry=self.sql.registry,
            commands=self.sql.commands,
            quarantine=self.sql.quarantine,
            institution_of=self.sql.institutions.institution_of,
            department_of=lambda kind: "information",
            wake=lambda: None,
        )
        self.ingest = Ingest(ports, self.clock, SeededRng(1))
        self.host = HostApplication(
            host_id="xietong",
            endpoint=Endpoint("127.0.0.1", port, keepalive_s=keepalive_s, tls=tls),
            deliver=self.ingest.deliver,
            last_state_ms=int(self.sql.settings.read("", "host_state_ms") or 0),
            remember_state_ms=lambda at_ms: self.sql.settings.write("", "host_state_ms", at_ms),
            clock=self.clock,
            rng=SystemRng(),
        )
        self.ingest.attach(self.host)
