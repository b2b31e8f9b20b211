"""A limit is compared with what is expected and with what is possible, within a day and no further."""

from __future__ import annotations

import pytest

from cloud.core.event import Severity
from cloud.core.series import SeriesKey
from cloud.energy.forecast_run import BackTest, ForecastPoint, ForecastRun
from cloud.energy.outlook import expected_event, outlook
from foundation.texts import load_texts
from tests.support.thinking import GROUP, INSTITUTION, peak_limit

HOUR = 3_600_000
NOW = 500_000 * HOUR + 1


def run_of(*means: float, width: float = 10.0) -> ForecastRun:
    start = NOW // HOUR * HOUR
    points = tuple(
        ForecastPoint(start + n * HOUR, start + (n + 1) * HOUR, mean, mean - width, mean + width)
        for n, mean in enumerate(means)
    )
    key = SeriesKey(GROUP, "a-main", "Power/Active/Total")
    return ForecastRun("r", INSTITUTION, key, NOW, "pooled", 20, points, BackTest(0, None, None, None))


def test_the_first_hour_whose_mean_exceeds_comes_before_an_earlier_possible_one() -> None:
    found = outlook(peak_limit(limit=100.0), run_of(95, 99, 101, 120), NOW)
    assert found is not None
    assert (found.point.mean, found.is_likely) == (101, True)


def test_an_hour_whose_interval_exceeds_is_possible() -> None:
    found = outlook(peak_limit(limit=100.0), run_of(80, 95, 99), NOW)
    assert found is not None
    assert (found.point.mean, found.is_likely) == (95, False)


@pytest.mark.parametrize("means", [(90.0,) * 48, (50.0,) * 25 + (200.0,)])
def test_what_holds_or_lies_beyond_a_day_is_no_outlook(means: tuple[float, ...]) -> None:
    assert outlook(peak_limit(limit=100.0), run_of(*means), NOW) is None


def test_the_event_reads_well_in_both_languages() -> None:
    run = run_of(150_000.0)
    found = outlook(peak_limit(), run, NOW)
    assert found is not None
    event = expected_event(found, run, department="energy", now_ms=NOW)
    assert event.severity is Severity.YELLOW
    text = load_texts()(f"event.{event.kind}", "en", subject="Main feed", **event.data)
    assert text.startswith("Peak: Main feed may exceed the limit of 100.0 kW from ")
    assert "forecast mean 150.0 kW" in text
    assert "?" not in load_texts()(f"event.{event.kind}", "zh-CN", subject="x", **event.data)
