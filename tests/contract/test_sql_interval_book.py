"""What every IntervalBook keeps: each unit of energy once, and every version that was once known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.adapters.sql.database import migrate, writing
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.core.energy_interval import EnergyInterval, EnergyTotal, IntervalVersion, Reason
from cloud.core.ports import IntervalBook
from cloud.core.series import SeriesKey
from cloud.desks.books import Books
from tests.support.fakes import FakeIntervalBook
from tests.support.manual_clock import ManualClock
from tests.support.sql_database import empty_schema, empty_sqlite

QUARTER = 900_000
KEY = SeriesKey("county", "a-main", "Energy/Active/Import")
BEYOND_A_FLOAT = 2**53 + 1
BEFORE_REASONS = """
INSERT INTO energy_interval
    (institution_id, group_id, device, point, start_ms, end_ms, delta, is_estimated, known_from_ms, known_to_ms)
VALUES (:institution_id, :group, :device, :point, :start, :end, :delta, :is_estimated, 0, :known_to)
"""


@pytest.fixture
def book(ports: Books) -> IntervalBook:
    return ports.intervals


def quarter(number: int, delta: int = 100, *, length: int = 1, estimated: bool = False) -> EnergyInterval:
    start = number * QUARTER
    return EnergyInterval(KEY.group, KEY.device, KEY.point, start, start + length * QUARTER, delta, estimated)


def test_intervals_come_back_in_order_and_exact(book: IntervalBook) -> None:
    assert book.book([quarter(1), quarter(0, BEYOND_A_FLOAT)], 1) == 2
    assert book.between(KEY, 0, 2 * QUARTER) == [quarter(0, BEYOND_A_FLOAT), quarter(1)]
    assert book.between(KEY, 1, 2 * QUARTER) == [quarter(1)]
    assert book.between(KEY, 0, 2 * QUARTER - 1) == [quarter(0, BEYOND_A_FLOAT)]


def test_watermark_is_the_end_of_the_newest_interval(book: IntervalBook) -> None:
    assert book.watermark(KEY) is None
    book.book([quarter(0), quarter(5)], 1)
    assert book.watermark(KEY) == 6 * QUARTER
    assert book.watermark(SeriesKey("county", "b-main", KEY.point)) is None


def test_first_is_the_start_of_the_oldest_current_interval(book: IntervalBook) -> None:
    other = SeriesKey("county", "b-main", KEY.point)
    book.book([quarter(5), quarter(2)], 1)
    assert book.first([KEY, KEY, other]) == {KEY: 2 * QUARTER}
    assert book.first([]) == {}


def test_intervals_are_read_on_in_the_order_of_their_booking(book: IntervalBook) -> None:
    book.book([quarter(5), quarter(6)], 1)
    first, position = book.booked_after(0, 0, 10)
    assert first == [quarter(5), quarter(6)]
    book.book([quarter(0), quarter(2)], 2)
    book.book([quarter(5, 7)], 3)
    assert book.booked_after(position, QUARTER, 10)[0] == [quarter(2), quarter(5, 7)]
    part, reached = book.booked_after(position, 0, 2)
    assert part == [quarter(0), quarter(2)]
    assert book.booked_after(reached, 0, 2)[0] == [quarter(5, 7)]
    last = book.booked_after(position, 0, 10)[1]
    assert book.booked_after(last, 0, 10) == ([], last)


def test_same_intervals_again_change_nothing(book: IntervalBook) -> None:
    book.book([quarter(0), quarter(1)], 1)
    assert book.book([quarter(0), quarter(1)], 2) == 0
    assert book.book([], 2) == 0


def test_restated_interval_counts_once_and_every_version_is_kept_with_its_reason(book: IntervalBook) -> None:
    book.book([quarter(0, 100, estimated=True), quarter(1)], 1000)
    assert book.book([quarter(0, 120), quarter(2)], 2000, Reason.LATE_READING) == 2
    book.book([quarter(0, 130)], 3000, Reason.COUNTER_BREAK)
    assert book.total([KEY], 0, QUARTER) == {KEY: EnergyTotal(130, 0, QUARTER)}
    assert book.versions(KEY, 0, 3 * QUARTER) == [
        IntervalVersion(quarter(0, 100, estimated=True), 1000, 2000, Reason.FIRST),
        IntervalVersion(quarter(0, 120), 2000, 3000, Reason.ESTIMATE_REPLACED),
        IntervalVersion(quarter(0, 130), 3000, None, Reason.COUNTER_BREAK),
        IntervalVersion(quarter(1), 1000, None, Reason.FIRST),
        IntervalVersion(quarter(2), 2000, None, Reason.FIRST),
    ]
    assert [one.interval for one in book.versions(KEY, QUARTER, 3 * QUARTER)] == [quarter(1), quarter(2)]


def test_what_was_known_at_a_time_is_read_back_as_it_was(book: IntervalBook) -> None:
    book.book([quarter(0, 100), quarter(64, 7, estimated=True)], 1000)
    book.book([quarter(64, 9)], 2000)
    span = (0, 100 * QUARTER)
    assert book.between(KEY, *span, known_at_ms=999) == []
    assert book.between(KEY, *span, known_at_ms=1999) == [quarter(0, 100), quarter(64, 7, estimated=True)]
    assert book.between(KEY, *span, known_at_ms=2000) == book.between(KEY, *span) == [quarter(0, 100), quarter(64, 9)]
    assert book.total([KEY], *span, known_at_ms=999) == {}
    assert book.total([KEY], *span, known_at_ms=1000) == {KEY: EnergyTotal(107, 7, 2 * QUARTER, QUARTER)}
    assert book.total([KEY], *span, known_at_ms=2000) == {KEY: EnergyTotal(109, 0, 2 * QUARTER)}
    days = (date(1970, 1, 1), date(1970, 1, 3))
    assert book.daily([KEY], *days, known_at_ms=999) == {}
    assert book.daily([KEY], *days, known_at_ms=1999)[KEY][days[0]] == EnergyTotal(100, 0, QUARTER)
    assert book.daily([KEY], *days, known_at_ms=1999)[KEY][date(1970, 1, 2)] == EnergyTotal(7, 7, QUARTER, QUARTER)


@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgresql"])
def test_totals_and_days_are_the_sums_of_the_intervals_whatever_is_booked_and_restated(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: bool
) -> None:
    with empty_schema(request.getfixturevalue("postgres_url")) if postgres else empty_sqlite(tmp_path) as engine:
        migrate(engine)
        _compare_with_plain_sums(sql_ports(engine, ManualClock()).intervals, 25 if postgres else 50)


def _compare_with_plain_sums(book: IntervalBook, examples: int) -> None:
    numbers = st.integers(0, 4 * 96 - 1)
    bookings = st.lists(st.tuples(st.lists(numbers, min_size=1, max_size=9), st.booleans(), st.integers(0, 2**40)))
    series = count()

    @settings(max_examples=examples, deadline=None)
    @given(bookings, numbers, numbers)
    def check(booked: list[tuple[list[int], bool, int]], low: int, high: int) -> None:
        key, fake = SeriesKey("county", f"meter-{next(series)}", KEY.point), FakeIntervalBook()
        for known_from_ms, (quarters, estimated, delta) in enumerate(booked):
            given = [replace(quarter(one, delta, estimated=estimated), device=key.device) for one in set(quarters)]
            assert book.book(given, known_from_ms) == fake.book(given, known_from_ms)
        span = (low * QUARTER, high * QUARTER + 1)
        days = (date(1970, 1, 1), date(1970, 1, 6))
        for known_at_ms in (None, len(booked) // 2):
            assert book.between(key, *span, known_at_ms) == fake.between(key, *span, known_at_ms)
            assert book.total([key], *span, known_at_ms) == fake.total([key], *span, known_at_ms)
            assert book.daily([key], *days, known_at_ms) == fake.daily([key], *days, known_at_ms)
        assert book.versions(key, *span) == fake.versions(key, *span)

    check()


def test_days_are_local_and_without_intervals_absent(book: IntervalBook) -> None:
    # Quarter 64 is 16:00 UTC: local midnight.
    book.book([quarter(0, 1), quarter(63, 2), quarter(64, 4), quarter(64 + 2 * 96, 8)], 1)
    days = book.daily([KEY, SeriesKey("county", "b-main", KEY.point)], date(1970, 1, 1), date(1970, 1, 4))
    assert list(days) == [KEY]
    assert {day: one.delta for day, one in days[KEY].items()} == {date(1970, 1, 1): 3, date(1970, 1, 2): 4}
    assert book.daily([], date(1970, 1, 1), date(1970, 1, 4)) == {}


def test_bookings_before_the_sums_of_days_are_summed_by_the_migration(empty_engine: sa.Engine) -> None:
    migrate(empty_engine, "0006")
    booked = [(quarter(63, 3), 1), (quarter(63, 2), 0), (quarter(64, BEYOND_A_FLOAT), 0)]
    booked.append((quarter(70, 5, estimated=True), 0))
    with writing(empty_engine) as connection:
        for one, known_to_ms in booked:
            values = {"institution_id": "x", "group": one.group, "device": one.device, "point": one.point}
            values |= {"start": one.start_ms, "end": one.end_ms, "delta": one.delta, "is_estimated": one.is_estimated}
            connection.execute(sa.text(BEFORE_REASONS), values | {"known_to": known_to_ms})
    migrate(empty_engine)
    book = sql_ports(empty_engine, ManualClock()).intervals
    assert book.daily([KEY], date(1970, 1, 1), date(1970, 1, 9))[KEY] == {
        date(1970, 1, 1): EnergyTotal(2, 0, QUARTER),
        date(1970, 1, 2): EnergyTotal(BEYOND_A_FLOAT + 5, 5, 2 * QUARTER, QUARTER),
    }
    assert {one.reason for one in book.versions(KEY, 0, 96 * QUARTER)} == {Reason.FIRST}
    assert book.book([quarter(63, 7)], 9) == 1
    assert book.daily([KEY], date(1970, 1, 1), date(1970, 1, 2))[KEY][date(1970, 1, 1)].delta == 7


def test_estimate_is_replaced_by_the_measured_parts_that_cover_it(book: IntervalBook) -> None:
    book.book([quarter(0, 400, length=4, estimated=True), quarter(4, 50)], 1)
    parts = [quarter(number, 90) for number in range(4)]
    assert book.book(parts, 2) == 4
    assert book.between(KEY, 0, 5 * QUARTER) == [*parts, quarter(4, 50)]


def test_replacing_an_interval_in_part_is_refused_whole(book: IntervalBook) -> None:
    book.book([quarter(0, 400, length=4)], 1)
    with pytest.raises(ValueError, match="only in part"):
        book.book([quarter(0), quarter(2), quarter(3), quarter(9)], 2)
    assert book.between(KEY, 0, 10 * QUARTER) == [quarter(0, 400, length=4)]


@pytest.mark.parametrize(
    "intervals", [[quarter(0, length=2), quarter(1)], [quarter(0, length=0)], [quarter(63, length=2)]]
)
def test_overlapping_empty_or_two_day_intervals_are_refused(
    book: IntervalBook, intervals: list[EnergyInterval]
) -> None:
    with pytest.raises(ValueError, match=r"overlap|empty|two local days"):
        book.book(intervals, 1)


def test_total_tells_what_is_estimated_and_how_much_time_is_covered(book: IntervalBook) -> None:
    other = SeriesKey("county", "b-main", KEY.point)
    elsewhere = SeriesKey("campus", "a-main", KEY.point)
    book.book([quarter(0, 10), quarter(1, 5, estimated=True), quarter(3, 7)], 1)
    book.book([EnergyInterval(*_parts(elsewhere), 0, QUARTER, 1000)], 1)
    assert book.total([KEY, KEY, other], 0, 4 * QUARTER) == {KEY: EnergyTotal(22, 5, 3 * QUARTER, QUARTER)}
    assert book.total([], 0, 4 * QUARTER) == {}


def test_bookers_at_once_count_nothing_twice(book: IntervalBook) -> None:
    day = [quarter(number) for number in range(96)]
    with ThreadPoolExecutor(4) as bookers:
        assert sum(bookers.map(lambda _: book.book(day, 1), range(4))) == 96
    assert book.total([KEY], 0, 96 * QUARTER)[KEY].delta == 9600


def _parts(key: SeriesKey) -> tuple[str, str, str]:
    return key.group, key.device, key.point
