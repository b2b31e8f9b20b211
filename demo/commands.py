"""The command lines that the demo uses, and the shape of what the status commands answer. Nothing else knows them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from demo.layout import Layout
from demo.plan import HOST
from demo.supervisor import ChildFailed, ChildSpec, start_process

OFFICER = "demo-officer"
OFFICER_ROLE = "energy_officer"
HISTORY_WEEKS = 9
SCENARIO = "demo"


@dataclass(frozen=True, slots=True)
class EdgeStatus:
    """The outbox file: readings accepted and dropped, rows that wait, and how many of these are imported history."""

    acquired: int
    dropped: int
    outbox_rows: int
    history_rows: int
    is_polling: bool

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> EdgeStatus:
        return cls(
            acquired=int(answer["acquired"]),
            dropped=int(answer["dropped"]),
            outbox_rows=int(answer["outbox_rows"]),
            history_rows=int(answer["history_rows"]),
            is_polling=bool(answer["polling"]),
        )


@dataclass(frozen=True, slots=True)
class CloudStatus:
    """What the cloud's stores hold, counted afresh by a process of its own."""

    stored: int
    duplicates: int
    quarantined: int
    redelivered: int
    malformed: int
    devices_online: int
    breaches: int
    commands_verified: int
    events_by_department: Mapping[str, int]
    records: int = 0
    alarms: int = 0
    risks: int = 0
    risks_by_department: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    cases: int = 0
    datasets_shared: int = 0
    forecast_points: int = 0
    effects: int = 0
    indicators_by_department: Mapping[str, int] = field(default_factory=dict)
    synergy: float | None = None
    report_package: str | None = None

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> CloudStatus:
        """The answer of `xietong cloud status --json`; what this version does not know is passed over."""
        return TypeAdapter(cls).validate_python({name: answer[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Commands:
    """Every process and question of one demo."""

    layout: Layout
    broker_port: int

    def broker(self) -> ChildSpec:
        data = self.layout.data_of("broker")
        return self._child("broker", "broker", "--port", self.broker_port, "--data", data)

    def simulators(self) -> ChildSpec:
        layout = self.layout
        return self._child(
            "simulators", "simulate", "--broker", f"{HOST}:{self.broker_port}", "--scenario", SCENARIO,
            "--ready", layout.simulators_ready, "--start", layout.scenario_start, "--state", layout.simulators_state,
            "--truth", layout.ground_truth,
        )  # fmt: skip

    def cloud(self) -> ChildSpec:
        return self._child("cloud", "cloud", "run", "--settings", self.layout.cloud)

    def edge(self) -> ChildSpec:
        return self._child("edge", "edge", "run", "--site", self.layout.site)

    def write_history(self, file: Path) -> ChildSpec:
        same = ("--scenario", SCENARIO, "--state", self.layout.simulators_state)
        return self._child("history", "simulate", "--history", file, "--weeks", HISTORY_WEEKS, *same)

    def import_history(self) -> ChildSpec:
        return self._child("import", "edge", "import", self.layout.history, "--site", self.layout.site)

    def write_books(self, folder: Path) -> ChildSpec:
        same = ("--scenario", SCENARIO, "--state", self.layout.simulators_state)
        return self._child("books", "simulate", "--records", folder, *same)

    def people(self, address: str) -> ChildSpec:
        layout = self.layout
        files = ("--tokens", layout.tokens, "--truth", layout.people_truth)
        return self._child("people", "simulate", "--people", address, *files)

    async def enter_accounts(self) -> None:
        """Enter the local accounts of the demo."""
        await self._answer("accounts", "cloud", "accounts", self.layout.accounts, "--settings", self.layout.cloud)

    async def new_key(self) -> str:
        """Make the cloud's command key; returns the public key as text for the site file."""
        return (await self._answer("keys", "keys", "new", "--out", self.layout.command_key)).split()[-1]

    async def new_token(self) -> str:
        """Grant an energy officer's token in the cloud's accounts."""
        settings = ("--settings", self.layout.cloud)
        arguments = ("cloud", "token", *settings, "--name", OFFICER, "--role", OFFICER_ROLE)
        return (await self._answer("token", *arguments)).split()[-1]

    async def edge_status(self) -> EdgeStatus:
        answer = await self._answer("edge-status", "edge", "status", "--site", self.layout.site, "--json")
        return EdgeStatus.parse(json.loads(answer))

    async def cloud_status(self) -> CloudStatus:
        answer = await self._answer("cloud-status", "cloud", "status", "--settings", self.layout.cloud, "--json")
        return CloudStatus.parse(json.loads(answer))

    async def pending(self) -> int:
        """Readings of outbox rows that the cloud's ledger lacks, compared by a process of its own."""
        files = ("--settings", self.layout.cloud, "--outbox", self.layout.outbox)
        answer = json.loads(await self._answer("pending", "cloud", "pending", *files, "--json"))
        return int(answer["pending"])

    def _child(self, name: str, *arguments: str | int | Path) -> ChildSpec:
        return ChildSpec(name, _command(arguments), self.layout.log(name))

    async def _answer(self, name: str, *arguments: str | int | Path) -> str:
        return await answer(_command(arguments), self.layout.log(name))


def _command(arguments: Sequence[str | int | Path]) -> tuple[str, ...]:
    return (sys.executable, "-m", "xietong", *(str(part) for part in arguments))


async def finish(spec: ChildSpec) -> None:
    """Run a command to its end; another exit code than 0 raises ChildFailed with the end of its log."""
    process = await start_process(spec)
    try:
        returncode = await process.wait()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if returncode != 0:
        raise ChildFailed(spec.name, returncode, spec.log)


async def answer(command: Sequence[str], log: Path) -> str:
    """Standard output of a command; errors go to `log`, another exit code than 0 raises ChildFailed."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        raise ChildFailed(log.stem, process.returncode, log)
    return output.decode()
