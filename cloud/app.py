"""Composition root of the cloud program: builds the adapters, plugs them into the roles and runs these."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from cloud.adapters.package_shelf import FolderShelf
from cloud.adapters.sql.database import migrate, open_database
from cloud.adapters.sql.sql_ports import door_services, sql_ports
from cloud.adapters.stores import open_stores
from cloud.backup.mark import refuse_unfinished
from cloud.core.department import Departments, load_departments
from cloud.core.institution_entry import enter_changed, read_sources
from cloud.desks.books import Books
from cloud.desks.door import DoorServices
from cloud.ingest.command_sender import CommandSender
from cloud.ingest.host import Ingest, IngestPorts
from cloud.settings import CloudSettings, read_settings, storage_secret
from foundation.clock import SystemClock
from foundation.disk import held
from foundation.errors import ConfigError, LinkError
from foundation.rng import SystemRng
from gateway.host_application import HostApplication
from gateway.keys import load_or_create_private_key

log = logging.getLogger(__name__)

ROLES = ("ingest", "jobs", "api")
_EVERYWHERE = ""
_STATE_MS = "host_state_ms"
INGEST_LOCK = "ingest.lock"
LOOK_AGAIN_S = 2.0
REPORTS = "reports"


class Cloud:
    """The parts that all roles of one process share."""

    def __init__(self, settings: CloudSettings) -> None:
        self.settings = settings
        self.clock, self.rng = SystemClock(), SystemRng()
        refuse_unfinished(settings.data_dir)
        self.engine = open_database(settings.database_url)
        migrate(self.engine)
        self.sql: Books = sql_ports(self.engine, self.clock)
        opened = open_stores(settings, self.engine, self.sql.registry)
        self.store, self.boards = opened.series, opened.boards
        self.departments: Departments = load_departments()
        self._wakes: list[Callable[[], None]] = []

    def on_wake(self, call: Callable[[], None]) -> None:
        """`call` is made whenever a role says that SQL holds something new; from any thread."""
        self._wakes.append(call)

    def wake(self) -> None:
        """Tell the other roles of this process that SQL holds something new; may be called from any thread."""
        for call in self._wakes:
            call()

    def door_services(self) -> DoorServices:
        return door_services(
            self.sql,
            store=self.store,
            shelf=FolderShelf(self.settings.data_dir / REPORTS),
            departments=self.departments,
            sealing_key=load_or_create_private_key(self.settings.sealing_key_file),
            clock=self.clock,
            rng=self.rng,
            wake=self.wake,
            language=self.settings.language,
            boards=self.boards,
        )


async def run(settings_file: Path, role: str) -> None:
    """Serve one role, or `all`, until cancelled; a wrong setting raises ConfigError before anything starts."""
    if role not in ("all", *ROLES):
        raise ConfigError("command line", "role", f"{role!r} is not one of all, {', '.join(ROLES)}")
    cloud = await _open_when_servers_answer(settings_file)
    roles = ROLES if role == "all" else (role,)
    async with asyncio.TaskGroup() as tasks:
        if "ingest" in roles:
            tasks.create_task(_run_ingest(cloud), name="ingest")
        if "jobs" in roles:
            tasks.create_task(_run_jobs(cloud), name="jobs")
        if "api" in roles:
            tasks.create_task(_serve_people(cloud), name="api")


def open_cloud(settings_file: Path) -> Cloud:
    """Databases brought up to date and the institution files entered that have changed since."""
    settings = read_settings(settings_file)
    sources = read_sources(settings.institution_files)
    cloud = Cloud(settings)
    enter_changed(cloud.sql.institutions, cloud.sql.settings, sources)
    return cloud


async def _open_when_servers_answer(settings_file: Path) -> Cloud:
    """Database and store may start later than this program, or be away for a while; that is told once."""
    clock, is_told = SystemClock(), False
    while True:
        try:
            cloud = await asyncio.to_thread(open_cloud, settings_file)
        except LinkError as error:
            if not is_told:
                log.warning("waiting until the servers answer: %s", " ".join(str(error).split()))
            is_told = True
            await clock.sleep(LOOK_AGAIN_S)
            continue
        if is_told:
            log.info("the servers answer")
        return cloud


async def _run_ingest(cloud: Cloud) -> None:
    # The embedded store knows one writer: a second one would not see the ledger of the first.
    with held(cloud.settings.data_dir / INGEST_LOCK, "ingest"):
        await _ingest(cloud)


async def _ingest(cloud: Cloud) -> None:
    settings, sql = cloud.settings, cloud.sql
    ingest = Ingest(
        IngestPorts(
            store=cloud.store,
            event_log=sql.event_log,
            registry=sql.registry,
            commands=sql.commands,
            quarantine=sql.quarantine,
            institution_of=sql.institutions.institution_of,
            department_of=cloud.departments.answering,
            wake=cloud.wake,
        ),
        cloud.clock,
    )
    host = HostApplication(
        host_id=settings.host_id,
        endpoint=settings.broker.endpoint(),
        deliver=ingest.deliver,
        last_state_ms=int(sql.settings.read(_EVERYWHERE, _STATE_MS) or 0),
        remember_state_ms=lambda at_ms: sql.settings.write(_EVERYWHERE, _STATE_MS, at_ms),
        clock=cloud.clock,
        rng=cloud.rng,
    )
    ingest.attach(host)
    sender = CommandSender(
        issuer=settings.host_id,
        key=load_or_create_private_key(settings.signing_key_file),
        ledger=sql.commands,
        host=host,
        clock=cloud.clock,
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ingest.run(), name="keeper")
        tasks.create_task(host.run(), name="host")
        tasks.create_task(sender.run(), name="command sender")


async def _run_jobs(cloud: Cloud) -> None:
    # A process that only ingests need not load what thinks.
    from cloud.jobs.plan import build_jobs
    from cloud.jobs.schedule import Schedule

    schedule = Schedule(build_jobs(cloud.door_services()), cloud.clock)
    cloud.on_wake(schedule.wake)
    await schedule.run()


async def _serve_people(cloud: Cloud) -> None:
    # A process that serves devices only need not load what serves people.
    import uvicorn

    from cloud.api.app import create_api
    from cloud.console.mount import mount_console
    from cloud.console.session import token_of_session

    settings = cloud.settings
    services = cloud.door_services()
    secret = storage_secret(settings, cloud.rng)
    api = create_api(services, token_of_session=token_of_session(secret, cloud.clock))
    mount_console(api, services, storage_secret=secret, default_language=settings.language)
    server = uvicorn.Server(
        uvicorn.Config(api, settings.http.host, settings.http.port, log_level="warning", timeout_graceful_shutdown=2)
    )
    # The process's own signal handling decides about the end of all roles.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    except SystemExit as ended:
        raise ConfigError("settings", "http", f"cannot listen on {settings.http.host}:{settings.http.port}") from ended
