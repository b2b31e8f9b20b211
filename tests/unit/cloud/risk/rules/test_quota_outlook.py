"""A year heading above its quota."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cloud.core.institution import Building
from cloud.core.period import Period
from cloud.energy.entry_list import EntryKind
from cloud.records.record import Record
from cloud.risk.rules.quota_outlook import RULE
from tests.support.office_books import GROUP, INSTITUTION, NAMES, OfficeBooks, record

AREA_M2 = 1000.0


def own_quota(
    office: OfficeBooks,
    upper: str,
    indicator: str = "electricity_per_m2",
    unit: str = "kWh/(m2·a)",
    factors: str = "none",
    institution_class: str = "state_organ",
) -> None:
    """The institution enters this quota in place of what it had entered."""
    entry = {"standard": "县机关定额", "table": "1", "region": "330127", "institution_class": institution_class}
    entry |= {"indicator": indicator, "factor_set": factors, "unit": unit, "upper": upper}
    office.entries.put(INSTITUTION, EntryKind.QUOTA, entry)


def bills(year: int, months: int, kwh: float) -> list[Record]:
    periods = [Period(year, month) for month in range(1, months + 1)]
    return [
        record(
            "energy_bill",
            account="1",
            carrier="electricity",
            building="building-a",
            period_start=one.first_day,
            period_end=one.end_day - timedelta(days=1),
            quantity=kwh,
            unit="kWh",
            amount=1,
        )
        for one in periods
    ]


@pytest.fixture
def office(books: OfficeBooks) -> OfficeBooks:
    """5 MWh a month last year, 6 MWh this year until August: 72 kWh/m2 are to be expected."""
    building = Building(building_id="building-a", compound_id=GROUP, name=NAMES, use="office", area_m2=AREA_M2)
    books.buildings.append(building)
    books.enter(*bills(2025, 12, 5000), *bills(2026, 8, 6000))
    return books


# The remaining 4 months are 24 kWh/m2 give or take 1.2: 80 % lie above 72 - 0.8416 x 1.2 = 71.0.
@pytest.mark.parametrize(("upper", "seen"), [("70.9", 1), ("71.1", 0)])
def test_a_year_that_will_probably_exceed_its_quota_is_told(office: OfficeBooks, upper: str, seen: int) -> None:
    own_quota(office, upper)
    found = office.examine(RULE)
    assert [(one.subject, one.data["months"]) for one in found] == [("institution:demo-county-office", 8)] * seen
    assert [one.data["expected"] for one in found] == [72.0] * seen


def test_a_quota_in_standard_coal_is_judged_under_its_own_factor_set(office: OfficeBooks) -> None:
    own_quota(office, "22", "energy_per_m2", "kgce/(m2·a)", "equivalent_db37_2672_2019")
    assert [one.data["expected"] for one in office.examine(RULE)] == [22.3]
    own_quota(office, "22", "energy_per_m2", "kgce/(m2·a)", "calorific_gbt2589_2020")
    assert office.examine(RULE) == []


def test_a_quota_for_others_is_not_borrowed(office: OfficeBooks) -> None:
    own_quota(office, "1", institution_class="health")
    assert office.examine(RULE) == []


def test_without_the_area_or_without_a_quota_nothing_is_judged(office: OfficeBooks) -> None:
    assert office.examine(RULE) == []
    own_quota(office, "1")
    office.buildings = [Building(building_id="building-a", compound_id=GROUP, name=NAMES, use="office", area_m2=None)]
    assert office.examine(RULE) == []


def test_a_quota_for_water_needs_water(office: OfficeBooks) -> None:
    own_quota(office, "1", "water_per_person", "m3/(person·a)")
    assert office.examine(RULE) == []
