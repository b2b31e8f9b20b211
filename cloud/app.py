"""Composition root of the cloud program: builds the adapters, plugs them into the roles and runs these."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from cloud.adapters.package_shelf import FolderShelf
from cloud.adapters.sql.database import migrate, open_database
from cloud.adapters.sql.fence import fenced
from cloud.adapters.sql.lease_book import SqlLeaseBook, lock_file
from cloud.adapters.sql.sql_ports import door_services, sql_ports
from cloud.adapters.stores import open_stores
from cloud.backup.mark import refuse_unfinished
from cloud.core.department import Departments, load_departments
from cloud.core.ingest_lease import Claim, ClaimRefused, Lease, LeaseLost
from cloud.core.institution_entry import enter_changed, read_sources
from cloud.desks.books import Books
from cloud.desks.door import DoorServices
from cloud.ingest.keeper import IngestPorts
from cloud.ingest.receive import HostIdentity, receive
from cloud.ingest.standing import Standing
from cloud.settings import CloudSettings, read_settings, storage_secret
from cloud.store_copy.journal import refuse_half_copied
from foundation.clock import SystemClock
from foundation.disk import held
from foundation.errors import ConfigError, LinkError, first_of
from foundation.rng import SystemRng
from gateway.keys import load_or_create_private_key, public_key_text

log = logging.getLogger(__name__)

ROLES = ("ingest", "jobs", "api")
INGEST_LOCK = "ingest.lock"
LOOK_AGAIN_S = 2.0
REPORTS = "reports"


class Cloud:
    """The parts that all roles of one process share."""

    def __init__(self, settings: CloudSettings) -> None:
        self.settings = settings
        self.clock, self.rng = SystemClock(), SystemRng()
        refuse_unfinished(settings.data_dir)
        refuse_half_copied(settings)
        self.engine = open_database(settings.database_url)
        migrate(self.engine)
        self.sql: Books = sql_ports(self.engine, self.clock)
        opened = open_stores(settings, self.engine, self.sql.registry)
        self.store, self.boards, self.upkeep = opened.series, opened.boards, opened.upkeep
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
            upkeep=self.upkeep,
        )


async def run(settings_file: Path, role: str) -> None:
    """Serve one role, or `all`, until cancelled; a wrong setting raises ConfigError before anything starts."""
    if role not in ("all", *ROLES):
        raise ConfigError("command line", "role", f"{role!r} is not one of all, {', '.join(ROLES)}")
    cloud = await _open_when_servers_answer(settings_file)
    roles = ROLES if role == "all" else (role,)
    async with asyncio.TaskGroup() as tasks:
        if "ingest" in roles:
            tasks.create_task(_run_ingest(cloud, settings_file), name="ingest")
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


async def _run_ingest(cloud: Cloud, settings_file: Path) -> None:
    with contextlib.ExitStack() as locks:
        for path, key in _locks(cloud):
            try:
                locks.enter_context(held(path, "ingest"))
            except ConfigError as error:
                reason = f"{error.reason} ({path}); several ingest processes need InfluxDB and PostgreSQL"
                raise ConfigError(settings_file, key, reason) from error
        try:
            await _ingest(cloud)
        except ClaimRefused as refused:
            raise ConfigError(settings_file, refused.key, refused.reason) from refused


def _locks(cloud: Cloud) -> list[tuple[Path, str]]:
    """Files that only one ingest process may hold, each with the setting that asks for it."""
    settings, database = cloud.settings, lock_file(cloud.engine)
    locks = [(database, "database")] if database is not None else []
    # The embedded store knows one writer: a second one would not see the ledger of the first.
    if settings.store.kind == "embedded" or locks:
        locks.insert(0, (settings.data_dir / INGEST_LOCK, "store.kind" if not locks else "database"))
    return locks


async def _ingest(cloud: Cloud) -> None:
    """Stand by, ingest while this process is the primary, stand by again."""
    settings, ingest, told = cloud.settings, cloud.settings.ingest, ""
    key = load_or_create_private_key(settings.signing_key_file)
    claim = Claim(
        host_id=settings.host_id,
        groups=tuple(sorted(set(ingest.groups))),
        holder=cloud.rng.token(8).hex(),
        process=ingest.process or f"{socket.gethostname()}:{os.getpid()}",
        store="embedded" if settings.store.kind == "embedded" else f"{settings.store.kind}/{settings.store.bucket}",
        key=public_key_text(key.public_key()),
    )
    identity = HostIdentity(settings.host_id, claim.groups, settings.broker.endpoint(), key)
    standing = Standing(SqlLeaseBook(cloud.engine), claim, ingest.lease_s, cloud.clock)
    while True:
        try:
            async with standing.primary() as primacy, asyncio.TaskGroup() as tasks:
                tasks.create_task(standing.keep(primacy), name="lease")
                ports = await asyncio.to_thread(_ingest_ports, cloud, primacy.lease, claim.groups)
                told = ""
                await receive(ports, identity, primacy, cloud.clock, cloud.rng)
        except* LeaseLost as lost:
            log.warning("no longer the primary: %s", first_of(lost))
        except* LinkError as away:
            if str(first_of(away)) != told:
                log.warning("cannot ingest now: %s", first_of(away))
            told = str(first_of(away))
            await cloud.clock.sleep(LOOK_AGAIN_S)


def _ingest_ports(cloud: Cloud, lease: Lease, groups: Sequence[str]) -> IngestPorts:
    """What a primary writes through: it can do so only as long as the lease is its own.

    Made anew for every span as primary: another process has written meanwhile.
    """
    engine = fenced(cloud.engine, lease)
    sql = sql_ports(engine, cloud.clock, groups=groups)
    is_embedded = cloud.settings.store.kind == "embedded"
    return IngestPorts(
        store=cloud.store if is_embedded else open_stores(cloud.settings, engine, sql.registry).series,
        event_log=sql.event_log,
        registry=sql.registry,
        commands=sql.commands,
        quarantine=sql.quarantine,
        institution_of=sql.institutions.institution_of,
        department_of=cloud.departments.answering,
        wake=cloud.wake,
    )


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
