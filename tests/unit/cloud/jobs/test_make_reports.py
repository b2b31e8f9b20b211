"""The life of an order: made, killed in between and made anew, failed with a reason, ordered by the clock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.core.energy_interval import EnergyInterval
from cloud.core.period import DAY_MS
from cloud.core.series import SeriesKey, StreamRow
from cloud.desks.reports import order_report, take_package
from cloud.jobs import make_reports
from cloud.jobs.job import JobTools
from cloud.jobs.make_reports import HASH_SETTING, PERIOD_S, SCHEDULE, STEADY_LOOKS, MakeReports
from cloud.records.record import RecordImport
from cloud.reporting.order import OrderState, ReportOrder
from cloud.reporting.verify import verify_package
from device_profiles.catalogue import load_catalogue
from foundation.errors import LinkError
from gateway.messages import Reading
from tests.support.cloud_world import World, cloud_world
from tests.support.county_model import ENERGY, GROUP, bill, county_model
from tests.support.report_world import AUDITOR, AUGUST, OFFICE


class Killed(BaseException):
    """What ends a process is no exception that a job may catch."""


STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d99"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The county office with a bill of August and nothing more."""
    with cloud_world(tmp_path) as made:
        made.services.institutions.save(county_model())
        enter(made, 900)
        yield made


def enter(world: World, quantity: float, account: str = "W-1") -> None:
    rows = [bill(account, "water", AUGUST, quantity, "m3", 450_000)]
    of_import = RecordImport(f"i-{account}-{quantity}", OFFICE, "energy_bill", "bills.xlsx", "d", "li", 1)
    world.services.records.put(rows, of_import)


def job(world: World) -> MakeReports:
    return MakeReports(JobTools(world.services, world.services.departments, load_catalogue()))


def ordered(world: World, report: str = "disclosure") -> ReportOrder:
    return order_report(world.services, AUDITOR, OFFICE, report, "2026-08")


def found(world: World, order: ReportOrder) -> ReportOrder:
    now = world.services.reporting.orders.find(order.order_id)
    assert now is not None
    return now


def looks(world: World, work: MakeReports, count: int) -> list[bool]:
    """Rounds at the job's own pace, each after two that some news has called for."""
    answers = []
    for _ in range(count):
        world.clock.advance(PERIOD_S)
        answers.append(work.run())
        if not answers[-1]:
            assert not any(work.run() for _ in range(2))
    return answers


def test_ordered_report_lies_sealed_on_the_shelf(world: World) -> None:
    order = ordered(world)
    seen: list[tuple[float, str]] = []
    books = world.services.reporting.orders
    keep, books.save = books.save, lambda one: (seen.append((one.progress, one.step)), keep(one))[1]  # type: ignore[method-assign]
    assert job(world).run()
    made = found(world, order)
    assert (made.state, made.progress, made.error) == (OrderState.DONE, 1.0, None)
    _, content = take_package(world.services, AUDITOR, order.order_id)
    assert made.digest == hashlib.sha256(content).hexdigest()
    assert verify_package(content).faults == ()
    assert [share for share, _ in seen] == sorted(share for share, _ in seen)
    assert {step for _, step in seen} >= {"report.step.collect", "report.step.pdf", "report.step.seal"}


@pytest.mark.parametrize("where", ["make_package", "put"])
def test_order_left_behind_by_a_killed_process_is_made_anew_with_the_same_bytes(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def kill(*_: object) -> None:
        raise Killed

    order = ordered(world)
    with monkeypatch.context() as patched:
        if where == "put":
            patched.setattr(
                make_reports,
                "replace",
                lambda one, **changes: kill() if "digest" in changes else replace(one, **changes),
            )
        else:
            patched.setattr(make_reports, "make_package", kill)
        with pytest.raises(Killed):
            job(world).run()
    assert found(world, order).state is OrderState.RUNNING
    world.clock.advance(3_600)
    assert job(world).run()
    first = found(world, order)
    world.clock.advance(3_600)
    world.services.reporting.orders.save(order)
    assert job(world).run()
    assert found(world, order).digest == first.digest
    assert first.state is OrderState.DONE


def test_report_that_cannot_be_made_fails_with_one_line_and_holds_up_nobody(world: World) -> None:
    world.services.settings.write(OFFICE, HASH_SETTING, "md5")
    order = ordered(world)
    work = job(world)
    assert work.run()
    failed = found(world, order)
    assert failed.state is OrderState.FAILED
    assert failed.error is not None
    assert "md5" in failed.error
    assert "\n" not in failed.error
    assert world.services.reporting.orders.waiting() == []


def test_unreachable_database_leaves_the_order_for_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> bytes:
        raise LinkError("no database")

    order = ordered(world)
    with monkeypatch.context() as patched:
        patched.setattr(make_reports, "make_package", unreachable)
        with pytest.raises(LinkError):
            job(world).run()
    assert job(world).run()
    assert found(world, order).state is OrderState.DONE


def test_month_that_is_over_is_ordered_once_when_its_data_stopped_growing(world: World) -> None:
    ordered(world, "energy_month")
    work = job(world)
    assert work.run()
    assert not any(looks(world, work, STEADY_LOOKS - 1))
    enter(world, 100, "W-2")
    assert looks(world, work, STEADY_LOOKS) == [False] * (STEADY_LOOKS - 1) + [True]
    waiting = world.services.reporting.orders.waiting()
    assert {(one.report, one.period, one.ordered_by) for one in waiting} == {
        ("energy_month", "2026-08", SCHEDULE),
        ("disclosure", "2026-08", SCHEDULE),
    }
    assert {one.institution_id for one in waiting} == {OFFICE}
    rounds = 0
    while work.run():
        rounds += 1
    assert rounds == 2
    assert {one.state for one in world.services.reporting.orders.orders({OFFICE})} == {OrderState.DONE}
    for again in (work, job(world)):
        assert not any(looks(world, again, 2 * STEADY_LOOKS))


def test_month_whose_readings_are_not_booked_yet_waits_for_them(world: World) -> None:
    services, key = world.services, SeriesKey(GROUP, "a-main", ENERGY)
    days = range(AUGUST.start_ms, AUGUST.end_ms, DAY_MS)
    readings = [Reading(key.point, 1_000 * place, at_ms + 1) for place, at_ms in enumerate(days)]
    services.store.write(
        [StreamRow(STREAM, place, key.group, key.device, (one,)) for place, one in enumerate(readings, 1)]
    )
    work = job(world)
    assert not any(looks(world, work, 2 * STEADY_LOOKS))
    quarters = range(AUGUST.start_ms, AUGUST.end_ms, 900_000)
    booked = [EnergyInterval(GROUP, key.device, key.point, at_ms, at_ms + 900_000, 10) for at_ms in quarters]
    services.intervals.book(booked, world.clock.now_ms())
    assert any(looks(world, work, STEADY_LOOKS))


def test_institution_without_data_of_the_month_is_not_reported(tmp_path: Path) -> None:
    with cloud_world(tmp_path) as world:
        work = job(world)
        assert not any(looks(world, work, 2 * STEADY_LOOKS))
        assert world.services.reporting.orders.waiting() == []
