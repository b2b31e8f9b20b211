"""API and console of a furnished office on a real web server, with the jobs that evaluate and make reports.

`python -m tests.browser.office_server --port N --data DIR`. `/test/state` tells the process id and the audit trail.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import threading
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
from cloud.jobs.evaluate import Evaluate
from cloud.jobs.job import JobTools
from cloud.jobs.make_reports import MakeReports
from device_profiles.catalogue import load_catalogue
from foundation.clock import Clock, SystemClock
from foundation.rng import SystemRng
from tests.browser.furnish_office import furnish_office
from tests.support.cloud_world import SEALING_KEY
from tests.support.county_model import OFFICE
from tests.support.fakes import FakeStore

AUDITOR, OFFICER, STAFF, STRANGER = "auditor-token", "officer-token", "staff-token", "stranger-token"
PRINCIPALS = {
    AUDITOR: Principal("zhao", frozenset({Role.AUDITOR}), frozenset({OFFICE})),
    OFFICER: Principal("li", frozenset({Role.ENERGY_OFFICER}), frozenset({OFFICE}), "energy"),
    STAFF: Principal("wang", frozenset({Role.STAFF}), frozenset({OFFICE}), "general"),
    STRANGER: Principal("chen", frozenset({Role.AUDITOR}), frozenset({"another-office"})),
}
SECRET = "a-secret-for-the-browser-tests"


def services(folder: Path, clock: Clock, wakes: threading.Event) -> DoorServices:
    """Ports over a fresh database in `folder`; `wakes` is set whenever SQL holds something new."""
    engine = open_database(f"sqlite:///{folder / 'office.db'}")
    migrate(engine)
    ports = sql_ports(engine, clock)
    for token, principal in PRINCIPALS.items():
        ports.accounts.grant(token, principal, at_ms=clock.now_ms())
    furnish_office(ports, clock.now_ms())
    return door_services(
        ports,
        store=FakeStore(),
        shelf=FolderShelf(folder / "reports"),
        departments=load_departments(),
        sealing_key=SEALING_KEY,
        clock=clock,
        rng=SystemRng(),
        wake=wakes.set,
    )


def work(door: DoorServices, wakes: threading.Event) -> None:
    """Make every report that is ordered, as soon as it is."""
    job = MakeReports(JobTools(door, door.departments, load_catalogue()))
    while True:
        wakes.wait()
        wakes.clear()
        while door.reporting.orders.waiting():
            job.run()


def application(door: DoorServices, clock: Clock) -> FastAPI:
    app = create_api(door, token_of_session=token_of_session(SECRET, clock))

    @app.get("/test/state")
    def state() -> dict[str, Any]:
        return {"pid": os.getpid(), "audit": [dataclasses.asdict(entry) for entry in door.audit.recent([OFFICE])]}

    mount_console(app, door, storage_secret=SECRET, default_language="zh-CN")
    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    clock, wakes = SystemClock(), threading.Event()
    door = services(given.data, clock, wakes)
    Evaluate(JobTools(door, door.departments, load_catalogue())).run()
    threading.Thread(target=work, args=(door, wakes), daemon=True).start()
    uvicorn.run(application(door, clock), host="127.0.0.1", port=given.port, log_level="info", access_log=False)


if __name__ == "__main__":
    main()
