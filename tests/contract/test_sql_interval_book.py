"""What every IntervalBook keeps: each unit of energy once, and every version that was once known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import reading
from cloud.adapters.sql.tables import energy_interval
from cloud.core.energy_interval import EnergyInterval, EnergyTotal
from cloud.core.ports import IntervalBook
from cloud.core.series import SeriesKey
from cloud.desks.books import Books

QUARTER = 900_000
KEY = SeriesKey("county", "a-main", "Energy/Active/Import")
BEYOND_A_FLOAT = 2**53 + 1


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


def test_restated_interval_counts_once_and_its_first_version_is_kept(engine: sa.Engine, book: IntervalBook) -> None:
    book.book([quarter(0, 100, estimated=True)], 1000)
    assert book.book([quarter(0, 120)], 2000) == 1
    assert book.total([KEY], 0, QUARTER) == {KEY: EnergyTotal(120, 0, QUARTER)}
    columns = (energy_interval.c.delta, energy_interval.c.known_from_ms, energy_interval.c.known_to_ms)
    with reading(engine) as connection:
        versions = connection.execute(sa.select(*columns).order_by(energy_interval.c.row_id)).all()
    assert [tuple(version) for version in versions] == [(100, 1000, 2000), (120, 2000, 0)]


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


@pytest.mark.parametrize("intervals", [[quarter(0, length=2), quarter(1)], [quarter(0, length=0)]])
def test_overlapping_or_empty_intervals_are_refused(book: IntervalBook, intervals: list[EnergyInterval]) -> None:
    with pytest.raises(ValueError, match=r"overlap|empty"):
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
