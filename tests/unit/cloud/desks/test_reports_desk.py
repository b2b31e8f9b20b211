"""Who may order, read and take reports, and what the public reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.core.access import ANONYMOUS, Principal, Role
from cloud.desks.disclosure import disclosure_page, read_disclosure
from cloud.desks.reports import find_order, order_report, orders, take_package, verify_order
from cloud.reporting.order import OrderState
from foundation.errors import DomainError
from tests.support.cloud_world import World, cloud_world
from tests.support.report_cases import published

AUDITOR = Principal("zhao", frozenset({Role.AUDITOR}), frozenset({"office"}))
READER = replace(AUDITOR, name="he", roles=frozenset({Role.SUPERIOR}))
STAFF = replace(AUDITOR, roles=frozenset({Role.STAFF}))
STRANGER = replace(AUDITOR, institution_ids=frozenset({"school"}))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def test_order_is_audited_saved_and_wakes_the_jobs(world: World) -> None:
    order = order_report(world.services, AUDITOR, "office", "energy_month", "2026-08")
    assert world.services.reporting.orders.waiting() == [order]
    assert (order.state, order.ordered_by) == (OrderState.QUEUED, "zhao")
    (entry, *_) = world.services.audit.recent({"office"})
    assert (entry.actor, entry.action, entry.subject) == ("zhao", "report.order", f"report:{order.order_id}")
    assert world.wakes == [None]


def test_same_order_that_waits_is_not_ordered_twice(world: World) -> None:
    first = order_report(world.services, AUDITOR, "office", "energy_month", "2026-08")
    assert order_report(world.services, AUDITOR, "office", "energy_month", "2026-08") == first
    assert order_report(world.services, AUDITOR, "office", "energy_month", "2026-07") != first


@pytest.mark.parametrize(
    ("principal", "report", "period", "status"),
    [
        (READER, "energy_month", "2026-08", 403),
        (STAFF, "energy_month", "2026-08", 403),
        (STRANGER, "energy_month", "2026-08", 404),
        (AUDITOR, "horoscope", "2026-08", 422),
        (AUDITOR, "energy_month", "2026", 422),
        (AUDITOR, "energy_month", "August", 422),
        (AUDITOR, "energy_month", "2026-10", 422),
    ],
)
def test_order_that_cannot_be_is_refused_and_leaves_nothing(
    world: World, principal: Principal, report: str, period: str, status: int
) -> None:
    before = world.services.audit.recent({"office", "school"})
    with pytest.raises(DomainError) as refusal:
        order_report(world.services, principal, "office", report, period)
    assert refusal.value.status == status
    assert world.services.reporting.orders.waiting() == []
    assert world.services.audit.recent({"office", "school"}) == before


def test_order_outside_the_scope_does_not_exist(world: World) -> None:
    order = published(world, "office")
    assert [one.order_id for one in orders(world.services, READER)] == [order.order_id]
    assert orders(world.services, STRANGER) == []
    for act in (find_order, take_package, verify_order):
        for principal, status in ((STRANGER, 404), (STAFF, 403)):
            with pytest.raises(DomainError) as refusal:
                act(world.services, principal, order.order_id)
            assert refusal.value.status == status


def test_package_is_taken_out_of_the_house_on_record(world: World) -> None:
    order = published(world, "office")
    name, content = take_package(world.services, READER, order.order_id)
    assert (name, content) == (order.package, world.services.reporting.shelf.get(name))
    assert world.services.audit.recent({"office"})[0].action == "report.take"
    assert verify_order(world.services, READER, order.order_id).is_intact


def test_unfinished_or_damaged_package_is_a_conflict(world: World) -> None:
    order = published(world, "office")
    for changed in (replace(order, state=OrderState.RUNNING), replace(order, digest="0" * 64)):
        world.services.reporting.orders.save(changed)
        with pytest.raises(DomainError) as refusal:
            take_package(world.services, READER, order.order_id)
        assert refusal.value.status == 409


def test_public_reads_the_notice_and_nothing_before_it_is_published(world: World) -> None:
    with pytest.raises(DomainError) as refusal:
        read_disclosure(world.services, ANONYMOUS, "office")
    assert refusal.value.status == 404
    published(world, "office", "energy_month")
    with pytest.raises(DomainError):
        read_disclosure(world.services, ANONYMOUS, "office")
    published(world, "office")
    found = read_disclosure(world.services, ANONYMOUS, "office")
    assert (found.period, found.periods, found.document) == ("2026-08", ("2026-08",), {})
    assert disclosure_page(world.services, ANONYMOUS, "office", "en").startswith(b"<html>")
    with pytest.raises(DomainError):
        read_disclosure(world.services, ANONYMOUS, "office", "2026-07")


def test_notice_of_a_running_month_is_not_public(world: World) -> None:
    world.services.reporting.orders.save(replace(published(world, "office"), period="2026-09"))
    with pytest.raises(DomainError):
        read_disclosure(world.services, ANONYMOUS, "office")
