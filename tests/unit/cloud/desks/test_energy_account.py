"""What a door shows of the energy account, on real books."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.api.app import create_api
from cloud.core.access import Principal, Role
from cloud.core.calendar import to_local
from cloud.core.period import DAY_MS, Period
from cloud.core.series import StreamRow
from cloud.core.work_calendar import WorkCalendar
from cloud.desks.energy_account import read_account
from cloud.desks.energy_settings import entry_versions, read_energy_settings, write_energy_settings
from cloud.energy.carrier import Carrier
from cloud.energy.entry_list import EntryKind
from cloud.energy.factor_set import CALORIFIC, EQUIVALENT
from cloud.records.record import RecordImport
from foundation.errors import DomainError
from gateway.messages import DeviceBirth, PointBirth, Reading
from tests.support.cloud_world import World, cloud_world
from tests.support.county_model import ENERGY, bill, county_model, quarters
from tests.unit.cloud.energy.test_tariff import CONTENT

JULY, AUGUST = Period(2026, 7), Period(2026, 8)
OFFICER = Principal("zhao", frozenset({Role.ENERGY_OFFICER}), frozenset({"office"}))
READER = Principal("li", frozenset({Role.STAFF}), frozenset({"office"}))


def mean_c(day_ms: int) -> float:
    """A cool July and a hot August that both swing."""
    number = (day_ms - JULY.start_ms) // DAY_MS
    return 28 + 3 * math.sin(number) + (4 if day_ms >= AUGUST.start_ms else 0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two summer months of the county compound whose load follows the weather."""
    with cloud_world(tmp_path) as made:
        services, calendar = made.services, WorkCalendar()
        services.institutions.save(county_model())
        intervals, readings = [], []
        for day_ms in range(JULY.start_ms, AUGUST.end_ms, DAY_MS):
            cooling = max(0.0, mean_c(day_ms) - 26)
            workday = calendar.is_workday(to_local(day_ms).date())
            delta = int(5000 + 2000 * workday + 900 * cooling)
            for name in "abc":
                intervals += quarters(f"{name}-main", ENERGY, day_ms, day_ms + DAY_MS, delta)
            readings += [
                Reading("Temperature/Outdoor", mean_c(day_ms), day_ms + hour * 3_600_000) for hour in range(24)
            ]
        services.intervals.book(intervals, 1)
        birth = DeviceBirth("weather", {}, (PointBirth("Temperature/Outdoor", "float", "°C"),))
        services.registry.device_born("county", "edge-1", birth, 1)
        stream = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d77"
        services.store.write([StreamRow(stream, 1, "county", "weather", tuple(readings))])
        water = bill("W-1", "water", AUGUST, 900, "m3", 450_000)
        of_import = RecordImport("i-1", "office", "energy_bill", "bills.xlsx", "d", "li", 1)
        services.records.put([water], of_import)
        yield made


def test_account_shows_both_conventions_side_by_side(world: World) -> None:
    view = read_account(world.services, READER, "office", "2026-08")
    assert [one.factor_set_id for one in view.conventions] == [CALORIFIC, EQUIVALENT]
    calorific, equivalent = (one.indicators.energy for one in view.conventions)
    assert calorific is not None
    assert equivalent is not None
    assert float(equivalent.value / calorific.value) == pytest.approx(0.31 / 0.1229)
    assert view.account.whole.quantities[Carrier.WATER] == 900_000
    assert view.carbon is not None
    assert view.carbon.is_provisional
    assert {one.indicator for one in view.peers} == {"energy_per_m2", "energy_per_person", "water_per_person"}


def test_hotter_month_is_explained_by_its_weather(world: World) -> None:
    view = read_account(world.services, READER, "office", "2026-08")
    against_july, against_last_year = view.changes
    assert against_july.decomposition is not None
    assert against_july.weather is not None
    effects = against_july.decomposition.effects
    assert math.fsum(effects.values()) == pytest.approx(against_july.decomposition.change)
    assert effects["weather"] > 0.8 * against_july.decomposition.change > 0
    assert abs(effects["intensity"]) < 0.2 * effects["weather"]
    assert (effects["persons"], effects["area_per_person"], effects["days"]) == (0, 0, 0)
    assert against_july.weather.p_values["cooling"] < 0.001
    assert against_last_year.missing == "energy_account.missing.earlier"


QUOTA = {
    "standard": "notice 12 of 2026", "institution_class": "state_organ", "indicator": "energy_per_m2",
    "factor_set": EQUIVALENT, "unit": "kgce/(m2·a)", "upper": "1",
}  # fmt: skip


def test_quota_and_tariff_that_the_institution_has_entered_are_used(world: World) -> None:
    write_energy_settings(world.services, OFFICER, None, tariffs=[CONTENT], quotas=[QUOTA])
    view = read_account(world.services, READER, "office", "2026-08")
    calorific, equivalent = view.conventions
    assert calorific.judgements == ()
    assert [one.verdict for one in equivalent.judgements] == ["over"]
    assert view.account.whole.consumption[Carrier.ELECTRICITY].cost_source == "tariff:tou"
    assert world.services.audit.recent({"office"})[0].action == "energy.settings"
    assert read_energy_settings(world.services, OFFICER, None).quotas == [QUOTA]


@pytest.mark.parametrize(
    ("tariffs", "quotas", "reason"),
    [
        ([CONTENT | {"base": "night"}], [], "no price"),
        ([CONTENT, CONTENT], [], "given twice"),
        ([], [QUOTA | {"unit": "horse"}], "unknown unit"),
        ([], [QUOTA | {"upper": "much"}], "no number"),
    ],
)
def test_entry_with_a_mistake_changes_nothing(world: World, tariffs: Any, quotas: Any, reason: str) -> None:
    with pytest.raises(DomainError, match=reason):
        write_energy_settings(world.services, OFFICER, None, tariffs=tariffs, quotas=quotas)
    assert entry_versions(world.services, OFFICER, "office", EntryKind.TARIFF) == []
    for principal, status in ((READER, 403), (replace(OFFICER, institution_ids=frozenset({"school"})), 404)):
        with pytest.raises(DomainError) as refusal:
            write_energy_settings(world.services, principal, "office", tariffs=[], quotas=[])
        assert refusal.value.status == status


def test_account_outside_the_scope_does_not_exist(world: World) -> None:
    for principal, institution, status in (
        (replace(READER, roles=frozenset({Role.PUBLIC})), "office", 403),
        (READER, "school", 404),
        (replace(READER, institution_ids=frozenset()), None, 404),
        (replace(READER, institution_ids=frozenset({"office", "school"})), None, 422),
    ):
        with pytest.raises(DomainError) as refusal:
            read_account(world.services, principal, institution, "2026-08")
        assert refusal.value.status == status
    with pytest.raises(DomainError, match="period_invalid"):
        read_account(world.services, READER, None, "August")


async def test_route_answers_with_every_term(world: World) -> None:
    transport = httpx.ASGITransport(create_api(world.services))
    async with httpx.AsyncClient(transport=transport, base_url="http://cloud.test/api/v1") as client:
        headers = {"Authorization": f"Bearer {world.token(Role.SUPERIOR)}"}
        answer = (await client.get("/energy/account", params={"period": "2026-08"}, headers=headers)).json()
        refused = await client.get("/energy/account", params={"period": "2026-8"}, headers=headers)
    assert refused.status_code == 422
    electricity = answer["whole"]["consumption"][0]
    assert (electricity["carrier"], electricity["source"], electricity["unit"]) == ("electricity", "meter", "kWh")
    assert sum(one["quantity"] for one in electricity["inputs"]) == electricity["quantity"]
    convention = answer["conventions"][0]
    assert sum(term["kgce"] for term in convention["terms"]) == pytest.approx(convention["energy"]["value"])
    assert len(answer["buildings"]) == 3
