"""The same jobs over the embedded store and SQL: the loop from readings to ledger, book and log."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.package_shelf import FolderShelf
from cloud.adapters.sql.database import migrate
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.core.command_record import CommandState
from cloud.core.event import Event, Severity
from cloud.core.institution import UNASSIGNED
from cloud.core.series import SeriesKey, StreamRow
from cloud.core.threshold import BreachState
from cloud.desks.books import Books
from cloud.jobs.job import Job
from cloud.jobs.plan import build_jobs
from foundation.disk import SystemDisk
from gateway.messages import Command, CommandAction, CommandReceipt, DeviceBirth, Outcome, PointBirth, Reading
from tests.support.cloud_world import SEALING_KEY
from tests.support.sql_database import empty_sqlite
from tests.support.thinking import GROUP, NODE, ThinkingSide, peak_limit

STREAM = "6f1c6c5e-0d7f-4d3a-9d55-0a6a3a1f4b10"
ENERGY = SeriesKey(GROUP, "a-main", "Energy/Active/Total")


class Rig:
    """All jobs on real adapters; time stands in a clock of its own."""

    def __init__(self, sql: Books, store: EmbeddedStore, side: ThinkingSide, folder: Path) -> None:
        self.sql, self.store, self.clock = sql, store, side.clock
        self.services = dataclasses.replace(
            side.services,
            store=store,
            event_log=sql.event_log,
            registry=sql.registry,
            commands=sql.commands,
            thresholds=sql.thresholds,
            institutions=sql.institutions,
            intervals=sql.intervals,
            settings=sql.settings,
            records=sql.records,
            energy=sql.energy,
            risk=sql.risk,
            service=sql.service,
            evaluation=sql.evaluation,
            orders=sql.orders,
            shelf=FolderShelf(folder / "reports"),
            sealing_key=SEALING_KEY,
        )
        self._spool = 0
        self.energy_wh = 1_000_000
        self.start()

    def start(self) -> None:
        self.jobs: list[Job] = build_jobs(self.services)

    def births(self) -> None:
        now_ms = self.clock.now_ms()
        meter = (
            PointBirth("Power/Active/Total", "float", "W"),
            PointBirth("Energy/Active/Total", "int", "Wh", "counter"),
        )
        self.sql.registry.node_born(GROUP, NODE, "nonce", now_ms)
        for name, role, points in (
            ("a-main", "meter", meter),
            ("a-ac-1", "actuator", (PointBirth("Setpoint/Temperature", "float", "°C", writable=True),)),
        ):
            self.sql.registry.device_born(GROUP, NODE, DeviceBirth(name, {"role": role}, points), now_ms)

    def seconds(self, count: int, power_w: float, *, is_watched: bool = True) -> None:
        for second in range(count):
            self.clock.advance(1)
            now_ms = self.clock.now_ms()
            self.energy_wh += 10
            if second % 5 == 0:
                self._spool += 1
                readings = (
                    Reading("Power/Active/Total", power_w, now_ms),
                    Reading("Energy/Active/Total", self.energy_wh, now_ms),
                )
                self.store.write([StreamRow(STREAM, self._spool, GROUP, "a-main", readings)])
            if is_watched:
                self.round("threshold_watch")

    def round(self, *names: str) -> None:
        for job in self.jobs:
            if job.name in names:
                job.run()

    def carry_out(self) -> None:
        """The edge verifies every approved command."""
        for request, nonce, _ in self.sql.commands.approved(self.clock.now_ms()):
            now_ms = self.clock.now_ms()
            command = Command(
                request.command_id,
                "xietong",
                1,
                request.group,
                request.node,
                request.device,
                request.point,
                CommandAction.WRITE,
                request.value,
                request.priority,
                request.lease_s,
                now_ms,
                now_ms + 60_000,
                nonce,
                request.reason,
            )
            self.sql.commands.sent(command, now_ms)
            self.sql.commands.close(
                CommandReceipt(
                    f"r-{request.command_id}",
                    request.command_id,
                    request.device,
                    request.point,
                    Outcome.VERIFIED,
                    "written",
                    request.value,
                    now_ms,
                ),
                group=request.group,
                node=request.node,
            )

    def kinds(self) -> list[str]:
        return [one.event.kind for one in self.sql.event_log.after(0)]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with empty_sqlite(tmp_path) as engine:
        migrate(engine)
        side = ThinkingSide()
        made = Rig(sql_ports(engine, side.clock), EmbeddedStore(tmp_path / "series.db", SystemDisk()), side, tmp_path)
        made.births()
        made.sql.thresholds.save(peak_limit(institution_id=UNASSIGNED))
        yield made


def test_a_breach_is_answered_and_given_back_over_restarts(rig: Rig) -> None:
    rig.seconds(40, 80_000)
    rig.seconds(40, 150_000)
    rig.carry_out()
    rig.start()
    rig.seconds(20, 150_000)
    [breach] = rig.sql.thresholds.breaches()
    [record] = rig.sql.commands.recent([UNASSIGNED])
    assert (breach.state, breach.command_ids, record.state) == (
        BreachState.OPEN,
        (record.request.command_id,),
        CommandState.VERIFIED,
    )
    rig.seconds(60, 50_000)
    rig.start()
    rig.seconds(5, 50_000)
    assert [one.state for one in rig.sql.thresholds.breaches()] == [BreachState.CLOSED]
    assert [request.value for request, _, _ in rig.sql.commands.approved(rig.clock.now_ms())] == [None]
    assert rig.kinds() == ["energy.threshold_breach", "energy.threshold_cleared"]


def test_a_lost_device_is_told_to_information_once(rig: Rig) -> None:
    raw = Event(
        "raw-1",
        UNASSIGNED,
        "device.life",
        "information",
        Severity.INFO,
        "device:a-main",
        rig.clock.now_ms(),
        rig.clock.now_ms(),
        data={"alive": False, "reason": "timeout", "group": GROUP, "node": NODE, "device": "a-main"},
    )
    rig.sql.event_log.append([raw])
    rig.round("detect")
    rig.start()
    rig.round("detect")
    assert rig.kinds() == ["device.life", "information.device_lost"]


def test_energy_is_booked_to_the_watt_hour(rig: Rig) -> None:
    rig.clock.advance(900 - rig.clock.now_ms() / 1000 % 900 - 1)
    start_wh = rig.energy_wh + 10
    rig.seconds(1_801, 80_000, is_watched=False)
    rig.round("book_intervals", "threshold_lookback", "expire_commands")
    total = rig.sql.intervals.total([ENERGY], 0, rig.clock.now_ms())[ENERGY]
    assert (total.delta, total.covered_ms, total.estimated) == (rig.energy_wh - start_wh, 1_800_000, 0)
