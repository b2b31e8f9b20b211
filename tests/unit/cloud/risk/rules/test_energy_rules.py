"""Night load, night flow, gaps, and months unlike those of the year before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from cloud.adapters.sql.database import migrate
from cloud.adapters.sql.interval_book import SqlIntervalBook
from cloud.core.period import Period
from cloud.records.record import Record
from cloud.risk.rule import Rule
from cloud.risk.rules.data_gap import RULE as DATA_GAP
from cloud.risk.rules.month_abnormal import RULE as MONTH_ABNORMAL
from cloud.risk.rules.night_base_load import RULE as NIGHT_BASE_LOAD
from cloud.risk.rules.night_flow import RULE as NIGHT_FLOW
from tests.support.office_books import GROUP, TODAY, OfficeBooks, at_ms, days_before, record
from tests.support.sql_database import empty_sqlite
from tests.support.thinking import counter, device

MONTH = days_before(TODAY, 28)
Profile = Callable[[date, int], float]


def water(day_l_h: float, night_l_h: float, *, nights: int = 28, quiet_l_h: float = 0.0) -> Profile:
    """Flow by day; `night_l_h` runs in the last so many nights, `quiet_l_h` in those before."""
    first = TODAY - timedelta(nights)
    return lambda day, hour: day_l_h if 7 <= hour < 19 else night_l_h if day >= first else quiet_l_h


def power(day_w: float, night_w: float, *, nights: int = 28, quiet_w: float = 0.0) -> Profile:
    return water(day_w, night_w, nights=nights, quiet_l_h=quiet_w)


# Mean of 12 h at 600 and 12 h at n is 300 + n / 2; a tenth of it is exceeded from n = 31.6 on.
def test_water_that_never_stops_at_night_is_a_leak(books: OfficeBooks) -> None:
    books.book(books.meter("a-water", "L", sub_item="02"), MONTH, water(600, 32))
    [seen] = books.examine(NIGHT_FLOW)
    assert seen.subject == "building:building-a"
    assert seen.data["night_l_h"] == 32.0
    assert seen.data["limit_l_h"] == 31.6
    assert seen.data["mean_l_h"] == 316.0


def test_water_just_under_a_tenth_of_the_mean_is_none(books: OfficeBooks) -> None:
    books.book(books.meter("a-water", "L", sub_item="02"), MONTH, water(600, 28))
    assert books.examine(NIGHT_FLOW) == []


def test_one_hour_of_use_at_night_is_no_leak(books: OfficeBooks) -> None:
    books.book(books.meter("a-water", "L", sub_item="02"), MONTH, lambda _, hour: 0 if hour == 3 else 600)
    assert books.examine(NIGHT_FLOW) == []


def test_a_leak_needs_three_nights(books: OfficeBooks) -> None:
    key = books.meter("a-water", "L", sub_item="02")
    books.book(key, MONTH, water(600, 100, nights=2))
    assert books.examine(NIGHT_FLOW) == []
    books.book(key, MONTH, water(600, 100, nights=3))
    [seen] = books.examine(NIGHT_FLOW)
    assert seen.evidence == f"a-water:{TODAY - timedelta(3)}"
    assert seen.data["nights"] == 3


def test_night_flow_far_above_the_usual_is_a_leak_below_a_tenth_of_the_mean(books: OfficeBooks) -> None:
    key = books.meter("a-water", "L", sub_item="02")
    books.book(key, MONTH, water(2000, 52, nights=3, quiet_l_h=28))
    assert [seen.data["usual_l_h"] for seen in books.examine(NIGHT_FLOW)] == [28.0]
    books.book(key, MONTH, water(2000, 48, nights=3, quiet_l_h=28))
    assert books.examine(NIGHT_FLOW) == []


def test_the_same_leak_is_the_same_occurrence_a_day_later(books: OfficeBooks) -> None:
    key = books.meter("a-water", "L", sub_item="02")
    books.book(key, [*MONTH, TODAY], water(600, 100, nights=4))
    first = books.examine(NIGHT_FLOW)
    later = replace(books, now_ms=at_ms(TODAY + timedelta(days=1), 9)).examine(NIGHT_FLOW)
    assert [one.evidence for one in first] == [one.evidence for one in later]
    assert later[0].data["nights"] == first[0].data["nights"] + 1


def test_a_small_drip_in_a_small_house_is_none(books: OfficeBooks) -> None:
    books.book(books.meter("a-water", "L", sub_item="02"), MONTH, water(40, 20))
    assert books.examine(NIGHT_FLOW) == []


def test_nights_without_readings_are_no_dry_nights(books: OfficeBooks) -> None:
    key = books.meter("a-water", "L", sub_item="02")
    profile = water(600, 100, nights=4)
    dark = TODAY - timedelta(2)
    books.book(key, MONTH, lambda day, hour: None if day == dark and hour < 7 else profile(day, hour))
    assert [one.data["nights"] for one in books.examine(NIGHT_FLOW)] == [3]


@pytest.mark.parametrize("rule", [NIGHT_FLOW, NIGHT_BASE_LOAD], ids=["water", "power"])
def test_what_was_high_weeks_ago_says_nothing_of_today(books: OfficeBooks, rule: Rule) -> None:
    profile = water(6_000, 5_000)
    for key in (books.meter("a-water", "L", sub_item="02"), books.meter("a-main", "Wh")):
        books.book(key, MONTH[:-5], profile)
    assert books.examine(rule) == []
    for key in books.intervals.current:
        books.book(key, MONTH[-5:], profile)
    assert len(books.examine(rule)) == 1


def test_an_estimated_night_proves_no_flow(books: OfficeBooks) -> None:
    key = books.meter("a-water", "L", sub_item="02")
    books.book(key, MONTH, water(600, 100, nights=3))
    booked = books.intervals.current[key]
    guessed = [
        replace(one, is_estimated=True) for one in booked.values() if one.start_ms >= at_ms(TODAY, 0) - 86_400_000
    ]
    books.intervals.book(guessed, books.now_ms)
    assert books.examine(NIGHT_FLOW) == []


def test_a_water_meter_outside_buildings_stands_for_itself(books: OfficeBooks) -> None:
    books.book(books.meter("yard-water", "L", building=None, sub_item="02"), MONTH, water(600, 100))
    assert [seen.subject for seen in books.examine(NIGHT_FLOW)] == ["device:yard-water"]


def test_a_meter_that_was_taken_out_is_not_looked_at(books: OfficeBooks) -> None:
    books.book(books.meter("a-water", "L", sub_item="02"), MONTH, water(600, 100))
    books.devices = [replace(one, valid_to=TODAY) for one in books.devices]
    assert books.examine(NIGHT_FLOW) == []


def test_a_meter_known_from_its_birth_alone_stands_where_that_says(books: OfficeBooks) -> None:
    key = books.meter("a-water", "L", sub_item="02")
    books.devices.clear()
    born = device("a-water", "meter", counter(key.point, "L"), building="building-b", sub_item="02")
    books.registry.known[GROUP, "a-water"] = born
    books.book(key, MONTH, water(600, 100))
    assert [seen.subject for seen in books.examine(NIGHT_FLOW)] == ["building:building-b"]


@pytest.mark.parametrize(("night_w", "seen"), [(7_100, 1), (7_000, 0)])
def test_night_load_is_high_above_a_share_of_the_day(books: OfficeBooks, night_w: float, seen: int) -> None:
    books.book(books.meter("a-main", "Wh"), MONTH, power(20_000, night_w))
    found = books.examine(NIGHT_BASE_LOAD)
    assert len(found) == seen
    assert [one.data["ratio_percent"] for one in found] == [36] * seen


@pytest.mark.parametrize(("night_w", "seen"), [(5_100, 1), (5_000, 0)])
def test_night_load_is_high_a_quarter_above_the_usual(books: OfficeBooks, night_w: float, seen: int) -> None:
    books.book(books.meter("a-main", "Wh"), MONTH, power(20_000, night_w, nights=3, quiet_w=4_000))
    found = books.examine(NIGHT_BASE_LOAD)
    assert [(one.data["usual_kw"], one.data["workdays"]) for one in found] == [(4.0, 3)] * seen


def test_a_high_friday_and_weekend_are_not_three_high_workdays(books: OfficeBooks) -> None:
    monday = date(2026, 9, 14)
    books.book(books.meter("a-main", "Wh"), days_before(monday, 28), power(20_000, 4_000))
    books.book(books.meter("a-main", "Wh"), days_before(monday, 3), power(20_000, 9_000))
    assert replace(books, now_ms=at_ms(monday, 9)).examine(NIGHT_BASE_LOAD) == []


def test_a_sub_meter_is_no_building(books: OfficeBooks) -> None:
    books.book(books.meter("a-hvac", "Wh", sub_item="01B"), MONTH, power(20_000, 20_000))
    assert books.examine(NIGHT_BASE_LOAD) == []


def test_less_than_a_kilowatt_is_not_worth_a_walk(books: OfficeBooks) -> None:
    books.book(books.meter("a-main", "Wh"), MONTH, power(1_000, 990))
    assert books.examine(NIGHT_BASE_LOAD) == []


def test_a_chronic_night_load_keeps_its_name_within_the_month(books: OfficeBooks) -> None:
    books.book(books.meter("a-main", "Wh"), days_before(TODAY + timedelta(days=3), 40), power(20_000, 9_000))
    later = replace(books, now_ms=at_ms(TODAY + timedelta(days=2), 9))
    names = {one.evidence for office in (books, later) for one in office.examine(NIGHT_BASE_LOAD)}
    assert names == {"a-main:all of 2026-09"}


def test_a_day_with_gaps_names_the_meters_of_its_compound(books: OfficeBooks) -> None:
    whole, part = books.meter("a-main", "Wh"), books.meter("b-main", "Wh", "building-b")
    never = books.meter("c-main", "Wh", "building-c")
    yesterday = days_before(TODAY, 1)
    books.book(whole, yesterday, lambda _, hour: 1000)
    books.book(part, yesterday, lambda _, hour: 1000 if hour > 1 else None)
    [seen] = books.examine(DATA_GAP)
    assert seen.subject == f"compound:{GROUP}"
    assert (seen.data["devices"], seen.data["count"], seen.data["worst_percent"]) == ("b-main", 1, 92)
    assert never.device not in str(seen.data)


def test_a_gap_of_a_twentieth_is_tolerated(books: OfficeBooks) -> None:
    key = books.meter("a-main", "Wh")
    books.book(key, days_before(TODAY, 1), lambda _, hour: 1000 if hour > 0 else None)
    assert books.examine(DATA_GAP) == []


def test_yesterday_is_not_judged_before_an_edge_could_bring_it(books: OfficeBooks) -> None:
    key = books.meter("a-main", "Wh")
    books.book(key, days_before(TODAY, 3)[:2], lambda _, hour: 1000)
    assert replace(books, now_ms=at_ms(TODAY, 5, 59)).examine(DATA_GAP) == []
    assert len(replace(books, now_ms=at_ms(TODAY, 6)).examine(DATA_GAP)) == 1


def bill(carrier: str, month: str, quantity: float, account: str = "1") -> Record:
    period = Period.parse(month)
    return record(
        "energy_bill",
        account=account,
        carrier=carrier,
        building="building-a",
        period_start=period.first_day,
        period_end=period.end_day - timedelta(days=1),
        quantity=quantity,
        unit="kWh" if carrier == "electricity" else "m3",
        amount=70_000,
    )


@pytest.mark.parametrize(
    ("carrier", "quantity", "seen"),
    [
        ("electricity", 1151, 1),
        ("electricity", 1150, 0),
        ("electricity", 849, 1),
        ("electricity", 850, 0),
        ("water", 1251, 1),
        ("water", 1250, 0),
    ],
)
def test_a_month_far_from_the_year_before_needs_a_reason(
    books: OfficeBooks, carrier: str, quantity: float, seen: int
) -> None:
    books.enter(bill(carrier, "2026-08", quantity), bill(carrier, "2025-08", 1000))
    found = books.examine(MONTH_ABNORMAL)
    assert [one.evidence for one in found] == [f"{carrier}:2026-08"] * seen


def test_accounts_of_one_building_are_added_up(books: OfficeBooks) -> None:
    books.enter(bill("water", "2026-08", 500, "1"), bill("water", "2026-08", 500, "2"), bill("water", "2025-08", 1000))
    assert books.examine(MONTH_ABNORMAL) == []


def test_without_the_year_before_nothing_is_compared(books: OfficeBooks) -> None:
    books.enter(bill("electricity", "2026-08", 9000), bill("electricity", "2026-07", 1000))
    assert books.examine(MONTH_ABNORMAL) == []


def test_meters_stand_in_where_there_are_no_bills(books: OfficeBooks) -> None:
    key, month = books.meter("a-main", "Wh"), Period(2026, 8)
    for one, load_w in ((month, 1200.0), (month.year_before, 1000.0)):
        books.book(key, days_before(one.end_day, one.days), lambda _, hour, load_w=load_w: load_w)
    [seen] = books.examine(MONTH_ABNORMAL)
    assert (seen.data["quantity"], seen.data["change_percent"]) == (892.8, 20.0)
    books.enter(bill("electricity", "2026-08", 1000), bill("electricity", "2025-08", 1000))
    assert books.examine(MONTH_ABNORMAL) == []


def test_night_flow_is_seen_in_the_real_interval_book(books: OfficeBooks, tmp_path: Path) -> None:
    key = books.meter("a-water", "L", sub_item="02")
    books.book(key, MONTH, water(600, 100, nights=3))
    (folder := tmp_path / "intervals").mkdir()
    with empty_sqlite(folder) as engine:
        migrate(engine)
        book = SqlIntervalBook(engine)
        book.book(list(books.intervals.current[key].values()), books.now_ms)
        assert NIGHT_FLOW.examine is not None
        found = list(NIGHT_FLOW.examine(replace(books.evidence(), intervals=book)))
    assert found == books.examine(NIGHT_FLOW)
