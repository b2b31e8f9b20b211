"""The default compound as real processes: broker, simulators, cloud and edge, each to be killed and started again."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cloud.adapters.embedded.store import EmbeddedStore
from demo.layout import Layout, prepare
from demo.plan import read_bus_ports, write_cloud, write_institution, write_site
from edge_agent.app import open_outbox_file
from edge_agent.delivery.rows import OutboxCounts
from foundation.disk import SystemDisk
from foundation.texts import load_texts
from simulators.compound import load_compound
from tests.support.ports import free_port
from tests.support.process import ChildProcess, xietong

FAST_POLLS = {"fast_s": 0.25, "normal_s": 0.5, "slow_s": 2}


@dataclass(frozen=True, slots=True)
class Conservation:
    """Where every reading is: from the outbox file, from the store's rows, and from comparing both."""

    acquired: int
    dropped: int
    pending: int
    stored: int
    duplicates: int
    quarantined: int
    redelivered: int
    ledger_gaps: int

    @property
    def lost(self) -> int:
        return self.acquired - self.stored - self.pending - self.dropped - self.quarantined


@dataclass(slots=True)
class County:
    """All processes of one compound in `folder`. `edge_program` replaces `-m xietong edge run`."""

    folder: Path
    role: str = "ingest"
    edge_program: list[str | Path] | None = None
    broker_program: Path | None = None
    layout: Layout = field(init=False)
    broker_port: int = field(init=False)
    http_port: int = field(init=False)
    children: dict[str, ChildProcess] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.layout = prepare(self.folder)
        self.broker_port, self.http_port = free_port(), free_port()

    def plan(self, scenario: str = "steady") -> None:
        """Write every file and start the simulators."""
        layout, compound = self.layout, load_compound()
        write_cloud(layout, self.broker_port, self.http_port)
        write_institution(layout, compound, load_texts())
        key = self.run("keys", "new", "--out", layout.command_key).strip()
        self.add("broker", self._broker_command())
        self.start("broker")
        simulators = xietong(
            "simulate", "--broker", f"127.0.0.1:{self.broker_port}", "--ready", layout.simulators_ready,
            "--scenario", scenario, "--start", layout.scenario_start, "--truth", layout.folder / "truth.jsonl",
        )  # fmt: skip
        self.add("simulators", simulators)
        self.start("simulators")
        self.children["simulators"].wait_until(layout.simulators_ready.exists)
        ports = read_bus_ports(layout)
        write_site(layout, compound, broker_port=self.broker_port, bus_ports=ports, public_key=key)
        site = yaml.safe_load(layout.site.read_text(encoding="utf-8"))
        site["poll"] = FAST_POLLS
        layout.site.write_text(yaml.safe_dump(site, allow_unicode=True), encoding="utf-8")
        self.add("cloud", xietong("cloud", "run", "--settings", layout.cloud, "--role", self.role))
        edge = self.edge_program or xietong("edge", "run", "--site")
        self.add("edge", [*edge, layout.site])

    def start(self, name: str) -> None:
        """Start a planned process."""
        self.children[name].start()
        if name == "broker":
            self.children[name].wait_for_port(self.broker_port)

    def run(self, *arguments: str | Path) -> str:
        """Standard output of one of our commands, which must succeed."""
        command = [str(part) for part in xietong(*arguments)]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout

    def cloud_status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("cloud", "status", "--settings", self.layout.cloud, "--json"))
        return found

    def stored_rows(self) -> int:
        return self._store().counts().rows

    def outbox_rows(self) -> int:
        return self.outbox_counts().rows

    def outbox_counts(self) -> OutboxCounts:
        outbox = open_outbox_file(self.layout.outbox)
        try:
            return outbox.counts()
        finally:
            outbox.close()

    def conservation(self) -> Conservation:
        """Counted from both files by this process, which is neither edge nor cloud."""
        outbox, store = open_outbox_file(self.layout.outbox), self._store()
        ledger, counts, waiting = store.position(outbox.stream), store.counts(), outbox.counts()
        rows_of_outbox = {row.spool for row in outbox.rows(range(1, outbox.last_spool() + 1))}
        missing = [n for n in range(1, outbox.last_spool() + 1) if n not in ledger and n not in rows_of_outbox]
        found = Conservation(
            acquired=waiting.acquired,
            dropped=sum(waiting.dropped.values()),
            pending=outbox.pending(ledger),
            stored=counts.stored,
            duplicates=counts.duplicates,
            quarantined=counts.quarantined,
            redelivered=counts.redelivered,
            ledger_gaps=len(missing),
        )
        outbox.close()
        store.close()
        return found

    def clean_up(self) -> None:
        for child in reversed(self.children.values()):
            child.clean_up()

    def _store(self) -> EmbeddedStore:
        return EmbeddedStore(self.layout.folder / "cloud" / "series.db", SystemDisk())

    def _broker_command(self) -> list[str | Path]:
        command = xietong("broker", "--port", str(self.broker_port), "--data", self.layout.folder / "broker")
        return [*command, "--program", self.broker_program] if self.broker_program else command

    def add(self, name: str, command: list[str | Path]) -> None:
        self.children[name] = ChildProcess(name, command, self.layout.log(name))


def module(name: str) -> list[str | Path]:
    """The command line of a module run with this interpreter."""
    return [sys.executable, "-m", name]
