"""A day without readings, on real buildings: nothing is lost, and little stands in a wrong quarter hour.

The four meters of the Cambridge extract with their own days and holidays, read every quarter hour; twelve outages of
24 hours each, at all hours of the day. Beside it the rule of a known platform: the whole growth in the slot in which
readings resume, dropped when it is above the limit of a slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from cloud.core.calendar import day_start_ms
from cloud.core.energy_interval import EnergyInterval, Reason
from cloud.core.series import SeriesKey
from cloud.core.work_calendar import WorkCalendar
from cloud.telemetry.booker import QuarterBooker
from cloud.telemetry.register import Register
from simulators.calendar import DayKind, source_kind
from simulators.replay import Track, load_source
from tests.support.fakes import FakeIntervalBook

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
STEP_MS = 900_000
OUTAGES = 12
METERS = ("cam_b5", "cam_b27", "cam_b31", "cam_b112")


@dataclass(frozen=True)
class Found:
    """Shares of the energy of three days, the outage in their middle, and of the outage alone."""

    lost: float
    misplaced: float
    misplaced_of_outage: float


class RealMeter:
    """The longest run of recorded days of one building, as a register in Wh."""

    def __init__(self, column: str) -> None:
        source = load_source()
        self.days = _longest_run(source.days)
        hours = source.hours(column, self.days) * 1000
        self.first_ms = day_start_ms(self.days[0])
        self._track = Track(self.first_ms, lambda first, count: hours[first : first + count])

    def register(self, at_ms: int) -> Register:
        return Register(at_ms, round(self._track.integral(at_ms)))

    def quarter(self, one: EnergyInterval) -> int:
        return self.register(one.end_ms).value - self.register(one.start_ms).value


def _longest_run(days: tuple[date, ...]) -> list[date]:
    runs: list[list[date]] = [[]]
    for day in days:
        if runs[-1] and day - runs[-1][-1] > timedelta(days=1):
            runs.append([])
        runs[-1].append(day)
    return max(runs, key=len)


def _calendar(days: list[date]) -> WorkCalendar:
    """Working days of the source buildings."""
    return WorkCalendar({day: source_kind(day) in (DayKind.WORKDAY, None) for day in days})


def outage(meter: RealMeter, from_ms: int) -> Found:
    """Booked as the job does, eight weeks around an outage; compared with what was really used."""
    key, book = SeriesKey("campus", "a-main", "Energy/Active/Import"), FakeIntervalBook()
    booker = QuarterBooker(book, _calendar(meter.days))
    until_ms, week_ms = from_ms + DAY_MS, 7 * DAY_MS
    before = [meter.register(at_ms) for at_ms in range(from_ms - 3 * week_ms, from_ms + 1, STEP_MS)]
    after = [meter.register(at_ms) for at_ms in range(until_ms, until_ms + week_ms, STEP_MS)]
    booker.book(key, before, None, from_ms, Reason.LATE_READING)
    booker.book(key, [*before[-3:], *after], None, until_ms, Reason.LATE_READING)
    three_days = book.between(key, from_ms - DAY_MS, until_ms + DAY_MS)
    used = [meter.quarter(one) for one in three_days]
    misplaced = sum(abs(one.delta - true) for one, true in zip(three_days, used, strict=True)) / 2
    during = sum(meter.quarter(one) for one in book.between(key, from_ms, until_ms))
    lost = sum(used) - sum(one.delta for one in three_days)
    return Found(lost / sum(used), misplaced / sum(used), misplaced / during)


def slot_rule(meter: RealMeter, from_ms: int) -> tuple[float, float]:
    """Shares of the same three days that the rule of one slot loses, or misplaces when it has no limit."""
    whole = meter.register(from_ms + 2 * DAY_MS).value - meter.register(from_ms - DAY_MS).value
    gap = meter.register(from_ms + DAY_MS).value - meter.register(from_ms).value
    last_hour = gap - (meter.register(from_ms + DAY_MS - HOUR_MS).value - meter.register(from_ms).value)
    return gap / whole, (gap - last_hour) / whole


@pytest.mark.parametrize("column", METERS)
def test_a_day_without_readings_loses_nothing_and_misplaces_little(column: str) -> None:
    meter = RealMeter(column)
    found, peer = [], []
    for number in range(OUTAGES):
        # Every outage begins two hours later in its day and three days later in its week than the one before.
        from_ms = meter.first_ms + (21 + number * 9) * DAY_MS + number * 2 * HOUR_MS
        if from_ms + 8 * DAY_MS < day_start_ms(meter.days[-1]):
            found.append(outage(meter, from_ms))
            peer.append(slot_rule(meter, from_ms))
    worst = max(found, key=lambda one: one.misplaced)
    mean_of_outage = sum(one.misplaced_of_outage for one in found) / len(found)
    print(
        f"{column}: {len(found)} outages of 24 h, lost {max(one.lost for one in found):.1%}; misplaced of three days "
        f"{sum(one.misplaced for one in found) / len(found):.2%}, at most {worst.misplaced:.2%}; of the outage alone "
        f"{mean_of_outage:.2%}, at most {max(one.misplaced_of_outage for one in found):.2%}. All in one slot: loses "
        f"{sum(lost for lost, _ in peer) / len(peer):.1%} of three days, without limit misplaces "
        f"{sum(stacked for _, stacked in peer) / len(peer):.1%}"
    )
    assert len(found) >= 5
    assert all(one.lost == 0 for one in found)
    assert worst.misplaced < 0.05
    assert mean_of_outage < 0.05
    assert min(lost for lost, _ in peer) > 0.2
