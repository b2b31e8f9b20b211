"""A period is a calendar month or year of local days."""

from __future__ import annotations

from datetime import date

import pytest

from cloud.core.period import DAY_MS, Period


def test_month_reaches_from_local_midnight_to_local_midnight() -> None:
    october = Period.parse("2026-10")
    assert str(october) == "2026-10"
    # Midnight in UTC+8 is 16:00 UTC of the day before.
    assert october.start_ms == 1_790_784_000_000
    assert october.end_ms - october.start_ms == 31 * DAY_MS
    assert october.days == 31
    assert Period.month_of(october.start_ms) == october
    assert Period.month_of(october.start_ms - 1) == Period(2026, 9)


def test_neighbours_cross_the_turn_of_the_year() -> None:
    assert Period(2026, 1).previous == Period(2025, 12)
    assert Period(2026, 12).end_day == date(2027, 1, 1)
    assert Period(2026).previous == Period(2025)
    assert Period(2026, 2).year_before == Period(2025, 2)
    assert Period(2024, 2).days == 29


def test_year_is_its_twelve_months() -> None:
    months = list(Period(2026).months())
    assert [str(months[0]), str(months[-1]), len(months)] == ["2026-01", "2026-12", 12]
    assert (months[0].start_ms, months[-1].end_ms) == (Period(2026).start_ms, Period(2026).end_ms)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26-10", "2026-1", "", "2026-10-01", "1999"])
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        Period.parse(text)
