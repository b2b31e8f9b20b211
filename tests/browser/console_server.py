"""The console on a real web server, with SQL on a file and a synthetic store.

`python -m tests.browser.console_server --port N --data DIR`. `/test/state` tells the process id, the audit trail and
how often the store was asked; the tokens are fixed.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from cloud.adapters.package_shelf import FolderShelf
from cloud.adapters.sql.database import migrate, open_database
from cloud.adapters.sql.sql_ports import door_services, sql_ports
from cloud.api.app import create_api
from cloud.console import mount_console
from cloud.console.session import token_of_session
from cloud.core.access import Principal, Role
from cloud.core.department import load_departments
from cloud.desks.door import DoorServices
from cloud.jobs.plan import build_jobs
from cloud.jobs.schedule import Schedule
from foundation.clock import Clock, SystemClock
from foundation.rng import SystemRng
from gateway.keys import generate_private_key
from tests.browser import furnish_homes, furnish_risk, furnish_service
from tests.browser.compound import INSTITUTION, SyntheticStore
from tests.browser.story import furnish

SECRET = "a-secret-for-the-browser-tests"
OFFICER, DISPATCHER, STAFF = "officer-token", "dispatcher-token", "staff-token"
STRANGER, LEAVING = "stranger-token", "leaving-token"
PRINCIPALS = {
    OFFICER: Principal("energy-officer", frozenset({Role.ENERGY_OFFICER}), frozenset({INSTITUTION})),
    DISPATCHER: Principal("dispatcher", frozenset({Role.DISPATCHER}), frozenset({INSTITUTION})),
    STAFF: Principal("staff-member", frozenset({Role.STAFF}), frozenset({INSTITUTION}), "general"),
    LEAVING: Principal("leaving-officer", frozenset({Role.ENERGY_OFFICER}), frozenset({INSTITUTION})),
    STRANGER: Principal("stranger", frozenset({Role.ENERGY_OFFICER}), frozenset({"another-office"})),
    **furnish_homes.PRINCIPALS,
    **furnish_risk.PRINCIPALS,
    **furnish_service.PRINCIPALS,
}


def services(folder: Path, store: SyntheticStore, clock: Clock) -> DoorServices:
    """Ports over a fresh database in `folder`."""
    engine = open_database(f"sqlite:///{folder / 'console.db'}")
    migrate(engine)
    ports = sql_ports(engine, clock)
    for token, principal in PRINCIPALS.items():
        ports.accounts.grant(token, principal, at_ms=clock.now_ms())
    furnish(ports, store, clock.now_ms())
    furnish_homes.furnish_homes(ports, clock.now_ms())
    sealing_key = generate_private_key()
    furnish_risk.furnish_risks(ports, sealing_key, clock.now_ms())
    door = door_services(
        ports,
        store=store,
        shelf=FolderShelf(folder / "reports"),
        departments=load_departments(),
        sealing_key=sealing_key,
        clock=clock,
        rng=SystemRng(),
        wake=lambda: None,
    )
    furnish_service.furnish_services(door)
    return door


def application(door: DoorServices, store: SyntheticStore) -> FastAPI:
    """The console and the API, and what tests ask of their process."""
    app = create_api(door, token_of_session=token_of_session(SECRET, door.clock))

    @app.get("/test/state")
    def state() -> dict[str, Any]:
        audit = door.audit.recent([INSTITUTION, furnish_homes.OFFICE, furnish_risk.OFFICE, furnish_service.OFFICE])
        return {"pid": os.getpid(), "audit": [dataclasses.asdict(entry) for entry in audit], "reads": store.reads}

    @app.post("/test/withdraw/{token}")
    def withdraw(token: str) -> None:
        door.accounts.withdraw(token, door.clock.now_ms())

    @app.post("/test/watch")
    async def watch() -> None:
        """Let the thresholds be watched from now on, as the jobs of a real cloud do."""
        jobs = [job for job in build_jobs(door) if job.name == "threshold_watch"]
        app.state.watching = asyncio.create_task(Schedule(jobs, door.clock).run())

    mount_console(app, door, storage_secret=SECRET, default_language="zh-CN")
    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    clock = SystemClock()
    store = SyntheticStore(clock)
    app = application(services(given.data, store, clock), store)
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="info", access_log=False)


if __name__ == "__main__":
    main()
