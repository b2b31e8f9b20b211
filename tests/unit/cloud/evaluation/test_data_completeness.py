"""A month's metering is judged by what was due since each counter was known, and estimates are no measurement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from cloud.core.energy_interval import EnergyInterval
from cloud.core.period import DAY_MS, Period
from cloud.core.ports import RegisteredDevice, RegisteredPoint
from cloud.core.work_calendar import WorkCalendar
from cloud.energy.account import AccountBooks
from cloud.evaluation.indicator import Facts, Measured, load_indicators
from tests.support.county_model import ENERGY, GROUP, OFFICE, FakeRecordBook, county_model, device, quarters
from tests.support.fakes import FakeIntervalBook, FakeRegistry, FakeStore

OCTOBER = Period(2026, 10)
START, END = OCTOBER.start_ms, OCTOBER.end_ms
EXPORT = "Energy/Active/Export"


def meter(name: str, *points: str, came_ms: int = 1) -> RegisteredDevice:
    counters = tuple(RegisteredPoint(point, "int", "Wh", "counter", False) for point in points)
    return RegisteredDevice(OFFICE, GROUP, "edge-1", name, {}, counters, True, came_ms)


def measured(
    *intervals: EnergyInterval, meters: tuple[RegisteredDevice, ...], now_ms: int = END + DAY_MS, model: Any = None
) -> Measured:
    book, records, nobody = FakeIntervalBook(), FakeRecordBook(), SimpleNamespace()
    book.book(list(intervals), 1)
    books: Any = {"store": FakeStore(), "registry": FakeRegistry(*meters), "records": records, "risk": nobody}
    books |= {"service": nobody, "account_books": AccountBooks(book, records)}  # type: ignore[arg-type]
    facts = Facts(OFFICE, model or county_model(), now_ms, intervals=book, calendar=WorkCalendar(), **books)
    return load_indicators()["data_completeness"].measure(facts, OCTOBER)


def test_counter_that_came_after_the_month_is_not_missing_in_it() -> None:
    history = quarters("a-main", ENERGY, START, END, 10)
    live = quarters("a-main", EXPORT, END, END + DAY_MS, 0)
    found = measured(*history, *live, meters=(meter("a-main", ENERGY, EXPORT),))
    assert found.value == 1.0
    assert found.inputs == {
        "counters": 1,
        "silent": 0,
        "measured_hours": 744,
        "due_hours": 744,
        "not_yet_known": 1,
    }


def test_counter_known_since_the_middle_of_the_month_is_due_from_there() -> None:
    whole = quarters("a-main", ENERGY, START, END, 10)
    later = quarters("b-main", ENERGY, START + 21 * DAY_MS, END - 5 * DAY_MS, 10)
    found = measured(*whole, *later, meters=(meter("a-main", ENERGY), meter("b-main", ENERGY)))
    assert found.value == pytest.approx((31 + 5) / (31 + 10))


def test_gap_that_was_bridged_by_an_estimate_is_not_measured() -> None:
    day = [replace(one, is_estimated=True) for one in quarters("a-main", ENERGY, START + DAY_MS, START + 2 * DAY_MS, 1)]
    rest = quarters("a-main", ENERGY, START, START + DAY_MS, 1) + quarters("a-main", ENERGY, START + 2 * DAY_MS, END, 1)
    assert measured(*day, *rest, meters=(meter("a-main", ENERGY),)).value == pytest.approx(30 / 31)


def test_silent_counter_is_due_since_its_device_came_or_was_put_up() -> None:
    counted = quarters("a-main", ENERGY, START, END, 10)
    a, b = meter("a-main", ENERGY), meter("b-main", ENERGY)
    since_ever = measured(*counted, meters=(a, b))
    assert since_ever.value == pytest.approx(1 / 2)
    assert since_ever.inputs["silent"] == 1
    late = meter("b-main", ENERGY, came_ms=START + 21 * DAY_MS)
    assert measured(*counted, meters=(a, late)).value == pytest.approx(31 / (31 + 10))
    model = county_model(devices=(device("a-main", "01", "a"), device("b-main", "01", "b", date(2026, 10, 22))))
    assert measured(*counted, meters=(a, b), model=model).value == pytest.approx(31 / (31 + 10))


def test_counter_of_an_old_meter_that_has_not_counted_yet_is_not_missing_in_the_imported_months() -> None:
    counted = quarters("a-main", ENERGY, START, END, 10)
    found = measured(*counted, meters=(meter("a-main", ENERGY, EXPORT, came_ms=END + 1),))
    assert (found.value, found.inputs["not_yet_known"]) == (1.0, 1)


def test_running_month_is_judged_by_what_has_passed_without_the_newest_hour() -> None:
    now_ms = START + 10 * DAY_MS
    counted = quarters("a-main", ENERGY, START, now_ms - 3_600_000, 10)
    assert measured(*counted, meters=(meter("a-main", ENERGY),), now_ms=now_ms).value == 1.0


def test_month_before_anything_was_counted_says_so_and_is_not_zero() -> None:
    live = quarters("a-main", ENERGY, END, END + DAY_MS, 10)
    came = meter("a-main", ENERGY, EXPORT, came_ms=END)
    assert measured(*live, meters=(came,)).missing == "evaluation.missing.none_counted"
    assert measured(meters=(meter("a-main", ENERGY, came_ms=END),)).missing == "evaluation.missing.none_counted"
    assert measured(meters=()).missing == "evaluation.missing.no_counters"
