"""What was used, from which source, and how much of the period that covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.energy_interval import EnergyInterval
from cloud.core.institution import InstitutionModel
from cloud.core.period import DAY_MS, Period
from cloud.energy.account import AccountBooks, EnergyAccount, energy_account
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import Source
from cloud.energy.deliveries import Delivery, delivered
from cloud.energy.factor_set import load_densities
from cloud.energy.tariff import load_tariffs
from cloud.records.record import Record
from tests.support.county_model import (
    ENERGY,
    VOLUME,
    FakeRecordBook,
    bill,
    building,
    county_model,
    device,
    hand_reading,
    quarters,
)
from tests.support.fakes import FakeIntervalBook

OCTOBER = Period(2026, 10)
LATER = Period(2027, 1).start_ms
QUARTERS = 31 * 96


def account(
    model: InstitutionModel,
    intervals: Sequence[EnergyInterval] = (),
    rows: Sequence[Record] = (),
    period: Period = OCTOBER,
    now_ms: int = LATER,
) -> EnergyAccount:
    book = FakeIntervalBook()
    if intervals:
        book.book(intervals, 1)
    books = AccountBooks(book, FakeRecordBook(*rows), load_densities(), load_tariffs())  # type: ignore[arg-type]
    return energy_account(model, period, books, now_ms)


def counted(device_id: str, point: str = ENERGY, delta: int = 1000, days: int = 31) -> list[EnergyInterval]:
    return quarters(device_id, point, OCTOBER.start_ms, OCTOBER.start_ms + days * DAY_MS, delta)


def test_institution_is_the_sum_of_its_building_meters_and_sub_meters_are_left_out() -> None:
    intervals = [*counted("a-main"), *counted("b-main"), *counted("c-main"), *counted("a-hvac")]
    found = account(county_model(), intervals)
    electricity = found.whole.consumption[Carrier.ELECTRICITY]
    assert electricity.quantity == 3 * QUARTERS * 1000
    assert (electricity.source, electricity.covered_share, electricity.missing) == (Source.METER, 1.0, None)
    assert [one.reference for one in electricity.inputs] == [f"county/{name}-main/{ENERGY}" for name in "abc"]
    assert {one.place.building_id: one.quantities[Carrier.ELECTRICITY] for one in found.buildings} == dict.fromkeys(
        "abc", QUARTERS * 1000
    )


def test_water_through_the_site_meter_is_not_counted_again_in_the_buildings() -> None:
    intervals = [*counted("site-water", VOLUME, 40), *(one for n in "abc" for one in counted(f"{n}-water", VOLUME, 10))]
    found = account(county_model(), intervals)
    assert found.whole.consumption[Carrier.WATER].quantity == QUARTERS * 40
    assert [one.quantities[Carrier.WATER] for one in found.buildings] == [QUARTERS * 10] * 3
    without = replace(county_model(), devices=tuple(one for one in county_model().devices if one.building_id))
    assert account(without, intervals).whole.consumption[Carrier.WATER].quantity == QUARTERS * 30


def test_building_without_a_counting_meter_lowers_the_cover_and_is_named() -> None:
    electricity = account(county_model(), [*counted("a-main"), *counted("b-main")]).whole.consumption[
        Carrier.ELECTRICITY
    ]
    assert electricity.unmetered == ("c",)
    assert electricity.covered_share == pytest.approx(2 / 3)


def test_bill_is_taken_when_the_meters_cover_too_little() -> None:
    rows = [bill("E-1", "electricity", OCTOBER, 5000.5, "kWh", 350_035)]
    electricity = account(county_model(), counted("a-main", days=20), rows).whole.consumption[Carrier.ELECTRICITY]
    assert (electricity.quantity, electricity.source) == (5_000_500, Source.BILL)
    assert (electricity.cost_fen, electricity.cost_source, electricity.estimated_share) == (350_035, "bill", 0.0)
    assert electricity.inputs[0].reference == rows[0].source


def test_meters_come_before_a_bill_and_the_bill_still_tells_the_cost() -> None:
    intervals = [*counted("a-main"), *counted("b-main"), *counted("c-main")]
    rows = [bill("E-1", "electricity", OCTOBER, 9999, "kWh", 700_000)]
    electricity = account(county_model(), intervals, rows).whole.consumption[Carrier.ELECTRICITY]
    assert (electricity.source, electricity.cost_fen, electricity.cost_source) == (Source.METER, 700_000, "bill")


def test_cost_without_a_bill_follows_the_tariff() -> None:
    electricity = account(county_model(), counted("a-main")).buildings[0].consumption[Carrier.ELECTRICITY]
    # 2 976 kWh at 0.70 yuan.
    assert (electricity.cost_fen, electricity.cost_source) == (208_320, "tariff:reference_electricity")


def test_bill_over_two_months_is_prorated_and_marked_as_estimated() -> None:
    september = Period(2026, 9)
    rows = [bill("W-1", "water", september, 610, "m3", 305_000, days=61)]
    parts = [
        account(county_model(), rows=rows, period=one).whole.consumption[Carrier.WATER] for one in (september, OCTOBER)
    ]
    assert [one.quantity for one in parts] == [300_000, 310_000]
    assert [one.cost_fen for one in parts] == [150_000, 155_000]
    assert [one.estimated_share for one in parts] == [1.0, 1.0]


@given(
    quantity=st.integers(0, 10**12),
    days=st.integers(1, 200),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_parts_of_a_delivery_always_add_up_to_it(quantity: int, days: int, cuts: list[int]) -> None:
    delivery = Delivery(Source.BILL, "1", Carrier.WATER, None, 0, days * DAY_MS, quantity, quantity // 7, "r")
    edges = sorted({0, days, *(cut for cut in cuts if cut < days)})
    found = [delivered(Source.BILL, [delivery], one * DAY_MS, other * DAY_MS) for one, other in pairwise(edges)]
    assert sum(one.quantity for one in found if one) == quantity
    assert sum(one.cost_fen or 0 for one in found if one) == quantity // 7


def test_hand_readings_are_used_when_there_is_nothing_better() -> None:
    rows = [
        hand_reading("G-1", "gas", OCTOBER.start_ms, 100.0, "m3"),
        hand_reading("G-1", "gas", OCTOBER.end_ms, 350.5, "m3", amount=110_220),
    ]
    gas = account(county_model(), rows=rows).whole.consumption[Carrier.GAS]
    assert (gas.quantity, gas.source, gas.cost_fen) == (250_500, Source.HAND, 110_220)


def test_register_that_goes_backwards_is_refused_and_named() -> None:
    rows = [
        hand_reading("W-9", "water", OCTOBER.start_ms, 500.0, "m3"),
        hand_reading("W-9", "water", OCTOBER.end_ms, 20.0, "m3"),
    ]
    water = account(county_model(), rows=rows).whole.consumption[Carrier.WATER]
    assert (water.quantity, water.missing) == (None, "energy_account.missing.no_source")
    assert water.refused == (rows[1].source,)


def test_bill_in_a_foreign_unit_is_refused_and_named() -> None:
    rows = [bill("E-1", "electricity", OCTOBER, 5, "m3", 100)]
    electricity = account(county_model(), rows=rows).whole.consumption[Carrier.ELECTRICITY]
    assert electricity.quantity is None
    assert electricity.refused == (rows[0].source,)


def test_fuel_billed_by_mass_is_counted_in_litres_by_its_density() -> None:
    rows = [bill("P-1", "petrol", OCTOBER, 725, "kg", 100)]
    assert account(county_model(), rows=rows).whole.quantities[Carrier.PETROL] == 1_000_000


def test_institution_without_any_data_says_what_is_missing_and_never_zero() -> None:
    found = account(county_model()).whole.consumption
    assert {one.carrier: (one.quantity, one.missing) for one in found.values()} == {
        Carrier.ELECTRICITY: (None, "energy_account.missing.no_source"),
        Carrier.WATER: (None, "energy_account.missing.no_source"),
    }
    future = account(county_model(), period=Period(2028, 1)).whole.consumption[Carrier.WATER]
    assert future.missing == "energy_account.missing.not_begun"


def test_meter_changed_within_the_month_counts_as_one_place() -> None:
    change = date(2026, 10, 16)
    devices = (device("old", "01", "a", valid_to=change), device("new", "01", "a", valid_from=change))
    model = county_model(devices=devices, buildings=(building("a", 6200.0, 260),))
    middle = OCTOBER.start_ms + 15 * DAY_MS
    intervals = [
        *quarters("old", ENERGY, OCTOBER.start_ms, OCTOBER.end_ms, 100),
        *quarters("new", ENERGY, middle, OCTOBER.end_ms, 200),
    ]
    electricity = account(model, intervals).whole.consumption[Carrier.ELECTRICITY]
    assert electricity.quantity == 15 * 96 * 100 + 16 * 96 * 200
    assert electricity.covered_share == 1.0


def test_two_feeds_of_one_building_are_added() -> None:
    model = county_model(devices=(device("feed-1", "01", "a"), device("feed-2", "01", "a")))
    building_a = account(model, [*counted("feed-1"), *counted("feed-2", days=15)]).buildings[0]
    electricity = building_a.consumption[Carrier.ELECTRICITY]
    assert electricity.quantity == (31 + 15) * 96 * 1000
    assert electricity.covered_share == pytest.approx(46 / 62)


def test_unknown_area_or_persons_stay_unknown() -> None:
    model = county_model(buildings=(building("a", 6200.0, None), building("b", None, 10)))
    place = account(model).whole.place
    assert (place.area_m2, place.persons) == (None, None)
    full = account(county_model()).whole.place
    assert (full.area_m2, full.persons) == (Decimal(21_900), 760)


def test_current_month_is_measured_against_the_time_that_has_passed() -> None:
    now_ms = OCTOBER.start_ms + 10 * DAY_MS
    intervals = [one for name in "abc" for one in counted(f"{name}-main", days=10)]
    found = account(county_model(), intervals, now_ms=now_ms)
    assert not found.is_complete
    assert found.whole.consumption[Carrier.ELECTRICITY].covered_share == 1.0


def test_year_is_the_sum_of_its_months_to_the_last_digit() -> None:
    rows = [bill(f"W-{month}", "water", Period(2026, month), 100.333 * month, "m3", 7 * month) for month in range(1, 9)]
    intervals = [one for name in "abc" for one in counted(f"{name}-main", delta=333)]
    year = account(county_model(), intervals, rows, period=Period(2026))
    months = [account(county_model(), intervals, rows, period=month) for month in Period(2026).months()]
    for carrier in (Carrier.WATER, Carrier.ELECTRICITY):
        assert year.whole.quantities[carrier] == sum(one.whole.quantities.get(carrier, 0) for one in months)
    assert year.whole.consumption[Carrier.WATER].cost_fen == 7 * 36
    assert year.whole.consumption[Carrier.ELECTRICITY].covered_share == pytest.approx(31 / 365)
