"""Indicators per square metre and per person: known only when everything they rest on is."""

from __future__ import annotations

from decimal import Decimal

from cloud.core.institution import InstitutionModel
from cloud.core.period import Period
from cloud.energy.account import AccountBooks, energy_account
from cloud.energy.factor_set import CALORIFIC, EQUIVALENT, factor_set
from cloud.energy.intensity import Intensities, intensities
from cloud.energy.sub_items import load_sub_items, sub_item
from cloud.records.record import Record
from tests.support.county_model import FakeRecordBook, bill, building, county_model
from tests.support.fakes import FakeIntervalBook

YEAR = Period(2025)
NOW_MS = Period(2026).end_ms


def of_year(model: InstitutionModel, *rows: Record, factor_set_id: str = EQUIVALENT) -> Intensities:
    books = AccountBooks(FakeIntervalBook(), FakeRecordBook(*rows))  # type: ignore[arg-type]
    account = energy_account(model, YEAR, books, NOW_MS)
    return intensities(account, account.whole, factor_set(factor_set_id), {})


def electricity(kwh_per_month: float = 80_156.25) -> list[Record]:
    return [bill("E-1", "electricity", month, kwh_per_month, "kWh", 100) for month in YEAR.months()]


def test_whole_year_gives_the_published_indicator() -> None:
    court = county_model(buildings=(building("a", 24_300.0, 100),))
    found = of_year(court, *electricity())
    assert found.energy_per_m2.value is not None
    assert round(found.energy_per_m2.value, 4) == Decimal("12.2708")
    assert found.energy_per_m2.factor_set_id == EQUIVALENT
    assert found.electricity_per_m2.value == Decimal(12) * Decimal("80156.25") / 24_300
    assert found.covered_share == 1.0


def test_same_year_under_the_other_convention_is_another_figure() -> None:
    found = of_year(county_model(), *electricity(), factor_set_id=CALORIFIC)
    assert found.energy is not None
    assert found.energy.value == Decimal(12) * Decimal("80156.25") * Decimal("0.1229")


def test_month_is_scaled_to_a_year_by_its_days() -> None:
    month = Period(2025, 3)
    books = AccountBooks(FakeIntervalBook(), FakeRecordBook(bill("E", "electricity", month, 31_000, "kWh", 1)))  # type: ignore[arg-type]
    account = energy_account(county_model(), month, books, NOW_MS)
    found = intensities(account, account.whole, factor_set(EQUIVALENT), {}).electricity_per_m2
    assert found.value is not None
    assert round(found.value * 21_900, 6) == 365_000


def test_unknown_area_persons_or_quantity_gives_a_reason_and_no_zero() -> None:
    bare = county_model(buildings=(building("a", None, None),))
    found = of_year(bare, *electricity())
    assert (found.energy_per_m2.value, found.energy_per_m2.missing) == (None, "energy_account.missing.area_unknown")
    assert found.energy_per_person.missing == "energy_account.missing.persons_unknown"
    assert found.energy_kgce.value is not None
    nothing = of_year(county_model())
    assert nothing.energy_kgce.value is None
    assert {one.missing for one in nothing.by_name().values()} == {"energy_account.missing.no_source"}


def test_carrier_without_data_makes_the_sum_unknown_rather_than_small() -> None:
    gas_only = [bill("G-1", "gas", month, 100, "m3", 100) for month in YEAR.months()]
    found = of_year(county_model(), *gas_only)
    assert (found.energy, found.energy_kgce.missing) == (None, "energy_account.missing.carrier_missing")


def test_codes_tell_class_and_sub_item() -> None:
    assert len([one for one in load_sub_items().values() if one.level == 0]) == 13
    assert len([one for one in load_sub_items().values() if one.level == 2]) == 14
    main, cooling = sub_item("01"), sub_item("01B10")
    assert main is not None
    assert main.is_main
    assert cooling is not None
    assert (cooling.code, cooling.is_main) == ("01B1", False)
    assert sub_item("99") is None
    assert sub_item(None) is None
