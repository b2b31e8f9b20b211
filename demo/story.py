"""The demo from nothing to a living compound: plan, processes, ready, cause, count."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

from demo.api import Api
from demo.commands import Commands, EdgeStatus
from demo.layout import Layout
from demo.network import free_ports, is_open
from demo.office import ACCOUNTS, ADMINISTRATOR, import_books, open_accounts, sign_in_everybody
from demo.plan import HOST, read_bus_ports, write_cloud, write_institution, write_site
from demo.readiness import NotReady, Readiness, ReadyTimes
from demo.screen import Screen
from demo.summary import Summary, summarise
from demo.supervisor import Supervisor
from foundation.clock import Clock
from foundation.disk import replace_file
from foundation.texts import load_texts
from simulators.compound import load_compound

PREFERRED_HTTP_PORT = 8080
START_S = 60
DRAIN_S = 20
SETTLE_S = 2
LOOK_S = 0.1
ASK_S = 0.5


class Story:
    """One run of the demo; `tell` raises NotReady, ChildFailed or LinkError when it can't go on."""

    def __init__(self, layout: Layout, screen: Screen, supervisor: Supervisor, clock: Clock) -> None:
        self._layout, self._screen, self._supervisor, self._clock = layout, screen, supervisor, clock
        self._began = clock.monotonic()
        self._compound = load_compound()
        self._http_port, self._broker_port = free_ports(2, PREFERRED_HTTP_PORT)
        self._commands = Commands(layout, self._broker_port)
        self._address = f"http://{HOST}:{self._http_port}"

    async def tell(self, seconds: float | None) -> Summary | None:
        """Until cancelled; with `seconds`, that long from ready, and then the count."""
        self._screen.title()
        await self._plan()
        await self._start()
        times = await self._get_ready()
        password = await self._open_office()
        self._layout.scenario_start.touch()
        self._screen.welcome(f"{self._address}/?token={self._token()}", str(self._layout.folder))
        self._screen.accounts(self._address, ", ".join(ACCOUNTS), password)
        if seconds is None:
            await asyncio.Event().wait()
            return None
        self._screen.note("demo.counting_down", seconds=f"{seconds:g}")
        await self._clock.sleep(seconds)
        return await self._count(times)

    async def _plan(self) -> None:
        """Write the cloud's files; keys and token of a continued folder stay."""
        layout = self._layout
        write_cloud(layout, self._broker_port, self._http_port)
        write_institution(layout, self._compound, load_texts())
        if not layout.public_key.exists():
            replace_file(layout.public_key, (await self._commands.new_key()).encode())
        if not layout.token.exists():
            replace_file(layout.token, (await self._commands.new_token()).encode(), private=True)

    async def _open_office(self) -> str:
        """Accounts, a year of books, people; returns the password of all accounts."""
        layout, token = self._layout, self._token()
        password = await open_accounts(layout, self._commands)
        administrator = Api(self._address, await Api(self._address, token).sign_in(ADMINISTRATOR, password))
        rows = await import_books(layout, self._commands, administrator)
        self._screen.done("demo.step.books", rows=rows)
        await sign_in_everybody(administrator, layout, password)
        self._supervisor.start(self._commands.people(self._address))
        self._screen.done("demo.step.people", people=len(ACCOUNTS))
        return password

    async def _start(self) -> None:
        """Broker, simulators, cloud, edge: each when the one before answers."""
        self._supervisor.start(self._commands.broker())
        await self._until("broker", lambda: is_open(self._broker_port))
        self._supervisor.start(self._commands.simulators())
        await self._until("simulators", self._simulators_are_ready)
        self._supervisor.start(self._commands.cloud())
        await self._until("cloud", lambda: is_open(self._http_port))
        self._write_site()
        self._supervisor.start(self._commands.edge())
        self._screen.done("demo.step.edge")

    def _write_site(self) -> None:
        write_site(
            self._layout,
            self._compound,
            broker_port=self._broker_port,
            bus_ports=read_bus_ports(self._layout),
            public_key=self._layout.public_key.read_text(encoding="utf-8"),
        )

    async def _simulators_are_ready(self) -> bool:
        return self._layout.simulators_ready.exists()

    async def _until(self, process: str, is_up: Callable[[], Awaitable[bool]]) -> None:
        end = self._clock.monotonic() + START_S
        while not await is_up():
            if self._clock.monotonic() > end:
                raise NotReady(self._screen.say("demo.error.not_ready", seconds=START_S, missing=process))
            await self._clock.sleep(LOOK_S)
        self._screen.done(f"demo.step.{process}")

    async def _get_ready(self) -> ReadyTimes:
        readiness = Readiness(
            layout=self._layout,
            screen=self._screen,
            commands=self._commands,
            api=Api(self._address, self._token()),
            compound=self._compound,
            clock=self._clock,
            began=self._began,
        )
        return await readiness.reach()

    def _token(self) -> str:
        return self._layout.token.read_text(encoding="utf-8").strip()

    async def _count(self, times: ReadyTimes) -> Summary:
        """Stop the pollers, let the outbox drain, count what is where."""
        self._screen.note("demo.draining")
        edge = self._supervisor["edge"]
        await self._drain()
        # A lease that ends still reads back: nothing may move between one count and the next.
        edge.send(signal.SIGSTOP)
        await self._clock.sleep(SETTLE_S)
        try:
            return summarise(
                await self._commands.edge_status(),
                await self._commands.cloud_status(),
                await self._commands.pending(),
                ready_s=times.ready_s,
                first_reading_s=times.first_reading_s,
            )
        finally:
            edge.send(signal.SIGCONT)

    async def _drain(self) -> None:
        """Ask the edge to stop polling until it has, and wait for an empty outbox, DRAIN_S at most."""
        end = self._clock.monotonic() + DRAIN_S
        status: EdgeStatus | None = None
        while self._clock.monotonic() < end:
            if status is None or status.is_polling:
                self._supervisor["edge"].send(signal.SIGUSR1)
            await self._clock.sleep(ASK_S)
            status = await self._commands.edge_status()
            if not status.is_polling and status.outbox_rows == 0:
                return
