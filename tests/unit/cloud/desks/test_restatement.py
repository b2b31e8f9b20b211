"""Figures that are restated: the old one stays with its date, and the difference is told by its causes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api.app import create_api
from cloud.core.access import Principal, Role
from cloud.core.energy_interval import EnergyInterval, IntervalVersion, Reason
from cloud.core.period import Period
from cloud.desks.energy_account import read_account
from cloud.desks.energy_settings import write_energy_settings
from cloud.desks.restatement import read_restatement
from cloud.energy.carrier import Carrier
from cloud.energy.restatement import RECORD, SOURCE, Restatement, by_reason
from cloud.records.record import RecordImport
from foundation.clock import from_ms
from foundation.errors import DomainError
from tests.support.cloud_world import World, cloud_world
from tests.support.county_model import ENERGY, GROUP, QUARTER_MS, bill, county_model, quarters

AUGUST = Period(2026, 8)
OFFICER = Principal("zhao", frozenset({Role.ENERGY_OFFICER}), frozenset({"office"}))
READER = Principal("li", frozenset({Role.STAFF}), frozenset({"office"}))
DAY_S = 86_400.0


def price(yuan: str) -> dict[str, Any]:
    return {
        "schema": "xietong.tariff/1", "id": "own", "name": {"zh-CN": "甲", "en": "A"}, "carrier": "electricity",
        "unit": "kWh", "prices": {"flat": yuan}, "base": "flat", "valid_from": "2026-01-01", "edition": "1",
        "source": "contract", "confidence": "verified",
    }  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """August of the county compound, a kilowatt hour in every quarter hour of three meters, at 0.60 yuan."""
    with cloud_world(tmp_path) as made:
        services = made.services
        services.institutions.save(county_model())
        for name in "abc":
            services.intervals.book(
                quarters(f"{name}-main", ENERGY, AUGUST.start_ms, AUGUST.end_ms, 1000), made.clock.now_ms()
            )
        write_energy_settings(services, OFFICER, None, tariffs=[price("0.60")], quotas=[], reason="contract of 2026")
        made.clock.advance(DAY_S)
        yield made


def restated(world: World, since_ms: int) -> Restatement:
    world.clock.advance(DAY_S)
    return read_restatement(world.services, READER, None, "2026-08", since_ms)


def cost(world: World, known_at_ms: int | None = None) -> int | None:
    view = read_account(world.services, READER, None, "2026-08", known_at_ms)
    return view.account.whole.consumption[Carrier.ELECTRICITY].cost_fen


KWH = 3 * 31 * 96


def test_a_corrected_tariff_changes_the_cost_of_the_past_month_and_keeps_the_old_one(world: World) -> None:
    since_ms = world.clock.now_ms()
    assert cost(world) == KWH * 60
    world.clock.advance(DAY_S)
    write_energy_settings(world.services, OFFICER, None, tariffs=[price("0.75")], quotas=[], reason="notice 12")
    assert (cost(world), cost(world, since_ms)) == (KWH * 75, KWH * 60)
    view = restated(world, since_ms)
    whole = view.figures[0]
    assert (whole.subject, whole.carrier) == ("institution:office", Carrier.ELECTRICITY)
    assert (whole.quantity_change, whole.quantity_parts) == (0, {})
    assert (whole.cost_change_fen, whole.price_fen, whole.quantity_fen) == (KWH * 15, KWH * 15, 0)
    assert [(one.reason, one.entered_by) for one in view.prices] == [("notice 12", "zhao")]
    assert len(view.figures) == 4  # the institution and its three buildings


def test_a_late_reading_and_a_dearer_price_are_told_apart(world: World) -> None:
    since_ms = world.clock.now_ms()
    world.clock.advance(DAY_S)
    late = [replace(one, delta=1500) for one in quarters("a-main", ENERGY, AUGUST.start_ms, AUGUST.end_ms, 0)[:100]]
    world.services.intervals.book(late, world.clock.now_ms(), Reason.LATE_READING)
    write_energy_settings(world.services, OFFICER, None, tariffs=[price("0.75")], quotas=[], reason="notice 12")
    whole = restated(world, since_ms).figures[0]
    assert (whole.quantity_change, whole.quantity_parts) == (50_000, {"late_reading": 50_000})
    # 50 kWh more at 0.60, and everything 0.15 yuan dearer.
    assert (whole.quantity_fen, whole.price_fen) == (50 * 60, (KWH + 50) * 15)
    assert whole.cost_change_fen == 50 * 60 + (KWH + 50) * 15


def test_meters_that_are_no_longer_entered_are_another_source(world: World) -> None:
    since_ms = world.clock.now_ms()
    world.clock.advance(DAY_S)
    fewer = county_model(devices=(*county_model().devices[:1], *county_model().devices[3:]))
    world.services.institutions.save(fewer)
    view = restated(world, since_ms)
    whole = view.figures[0]
    # Two main meters are no longer entered: that is another set of meters, and no reading has changed.
    assert whole.quantity_parts == {SOURCE: -2 * 31 * 96 * 1000}


def test_a_bill_that_was_corrected_is_told_with_its_import(world: World) -> None:
    services = world.services
    first = RecordImport("i-1", "office", "energy_bill", "bills.xlsx", "d", "li", world.clock.now_ms())
    services.records.put([bill("W-1", "water", AUGUST, 900, "m3", 450_000)], first)
    world.clock.advance(DAY_S)
    since_ms = world.clock.now_ms()
    world.clock.advance(DAY_S)
    second = replace(first, import_id="i-2", file="corrected.xlsx", imported_ms=world.clock.now_ms())
    services.records.put([bill("W-1", "water", AUGUST, 800, "m3", 400_000)], second)
    view = restated(world, since_ms)
    (water,) = (one for one in view.figures if one.carrier is Carrier.WATER)
    assert water.quantity_parts == {RECORD: -100_000}
    assert (water.cost_change_fen, water.price_fen, water.quantity_fen) == (-50_000, 0, -50_000)
    assert [one.file for one in view.imports] == ["corrected.xlsx"]


def test_nothing_new_restates_nothing(world: World) -> None:
    view = restated(world, world.clock.now_ms())
    assert (view.figures, view.prices, view.imports) == ((), (), ())


def test_a_time_to_come_and_a_foreign_institution_are_refused(world: World) -> None:
    for institution, at_ms, status in ((None, world.clock.now_ms() + 1, 422), ("school", 1, 404)):
        with pytest.raises(DomainError) as refusal:
            read_restatement(world.services, READER, institution, "2026-08", at_ms)
        assert refusal.value.status == status


async def test_the_routes_answer_with_both_figures_and_the_reasons(world: World) -> None:
    since_ms = world.clock.now_ms()
    world.clock.advance(DAY_S)
    transport = httpx.ASGITransport(create_api(world.services))
    async with httpx.AsyncClient(transport=transport, base_url="http://cloud.test/api/v1") as client:
        headers = {"Authorization": f"Bearer {world.token(Role.ENERGY_OFFICER)}"}
        wanted = {"tariffs": [price("0.75")], "quotas": [], "reason": "notice 12"}
        assert (await client.put("/energy/settings", json=wanted, headers=headers)).status_code == 200
        asked = {"period": "2026-08", "since": from_ms(since_ms).isoformat()}
        answer = (await client.get("/energy/restatement", params=asked, headers=headers)).json()
        asked = {"period": "2026-08", "known_at": from_ms(since_ms).isoformat()}
        then = (await client.get("/energy/account", params=asked, headers=headers)).json()
        versions = (await client.get("/energy/settings/versions", params={"kind": "tariff"}, headers=headers)).json()
    assert answer["figures"][0]["earlier"]["cost_fen"] == KWH * 60 == then["whole"]["consumption"][0]["cost_fen"]
    assert answer["figures"][0]["later"]["cost_fen"] == KWH * 75
    assert [(one["what"], one["reason"]) for one in answer["entries"]] == [("tariff", "notice 12")]
    assert [(one["reason"], one["known_to"] is None) for one in versions] == [
        ("contract of 2026", False),
        ("notice 12", True),
    ]


def version(place: int, length: int, delta: int, known: tuple[int, int | None], reason: Reason) -> IntervalVersion:
    start_ms = place * QUARTER_MS
    interval = EnergyInterval(GROUP, "a", ENERGY, start_ms, start_ms + length * QUARTER_MS, delta)
    return IntervalVersion(interval, known[0], known[1], reason)


@given(
    old=st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
    new=st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
    reasons=st.lists(st.sampled_from(list(Reason)), min_size=4, max_size=4),
)
def test_parts_by_reason_add_up_to_the_difference(old: list[int], new: list[int], reasons: list[Reason]) -> None:
    """Four quarters that replace one estimate over the first two and two quarters."""
    before = [
        version(0, 2, old[0] + old[1], (1, 10), Reason.FIRST),
        version(2, 1, old[2], (1, 10), Reason.FIRST),
        version(3, 1, old[3], (1, 10), Reason.FIRST),
    ]
    after = [version(place, 1, delta, (10, None), reasons[place]) for place, delta in enumerate(new)]
    parts = by_reason([*before, *after], 5, None)
    assert sum(parts.values()) == sum(new) - sum(old)
    assert by_reason([*before, *after], 5, 9) == {}
