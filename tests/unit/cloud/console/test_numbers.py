"""Numbers, times and ages as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.console.numbers import MISSING, age, clock_time, date_time, grouped, near_time, percent, show, show_value
from device_profiles.catalogue import load_catalogue
from foundation.clock import to_ms

NOON_UTC = to_ms(datetime(2026, 9, 28, 4, 0, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (183_250.0, "W", "183.2 kW"),
        (1_234_567_890, "Wh", "1,234,567.9 kWh"),
        (1_450.0, "L/h", "1.45 m³/h"),
        (229.84, "V", "229.8 V"),
        (0.0, "W", "0.0 kW"),
        (-0.4, "W", "0.0 kW"),
        (12.3, "unheard-of", "12.30 unheard-of"),
    ],
)
def test_a_base_value_is_shown_in_its_display_unit_with_separators(value: float, unit: str, text: str) -> None:
    assert str(show(value, unit)) == text


def test_a_missing_value_is_a_dash_and_never_zero() -> None:
    assert str(show(None, "W")) == f"{MISSING} kW"
    assert show_value(None, "W", "en").text == MISSING
    assert show_value("", "", "en").text == MISSING


@given(st.floats(min_value=-1e12, max_value=1e12), st.integers(0, 3))
def test_grouping_never_shows_minus_zero_and_reads_back(number: float, decimals: int) -> None:
    text = grouped(number, decimals)
    assert not (text.startswith("-") and float(text.replace(",", "")) == 0)
    assert float(text.replace(",", "")) == pytest.approx(number, abs=0.51 * 10**-decimals)


def test_states_switches_and_shares_are_shown_in_words_of_the_language() -> None:
    catalogue = load_catalogue()
    mode, battery = catalogue.get("intesis.ac").point("Mode"), catalogue.get("owntracks.tracker").point("Battery")
    assert str(show_value(4, "1", "zh-CN", mode)) == "制冷"
    assert str(show_value(4, "1", "en", mode)) == "Cooling"
    assert str(show_value(9, "1", "en", mode)) == "9"
    assert str(show_value(True, "1", "zh-CN")) == "开"
    assert str(show_value(0.86, "1", "en", battery)) == "86 %"


def test_times_are_the_institutions_own() -> None:
    assert clock_time(NOON_UTC) == "12:00:05"
    assert date_time(NOON_UTC) == "2026-09-28 12:00:05"
    assert clock_time(None) == date_time(None) == MISSING


@pytest.mark.parametrize(
    ("ago_s", "text"),
    [(0, "12:00:05"), (12 * 3600 + 5, "00:00:00"), (13 * 3600, "09-27 23:00"), (365 * 86_400, "2025-09-28 12:00")],
)
def test_a_near_time_drops_what_is_clear_from_today(ago_s: int, text: str) -> None:
    assert near_time(NOON_UTC - ago_s * 1000, NOON_UTC) == text


@pytest.mark.parametrize(
    ("ago_s", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (7_200, "2 h"), (172_800, "2 d"), (-5, "0 s")],
)
def test_an_age_is_told_in_its_largest_whole_unit(ago_s: int, text: str) -> None:
    assert age(NOON_UTC - ago_s * 1000, NOON_UTC, "en") == text


def test_something_that_never_was_has_no_age() -> None:
    assert age(None, NOON_UTC, "en") == MISSING


def test_a_share_of_nothing_is_unknown() -> None:
    assert percent(1, 0) is None
    assert percent(31, 100) == 31
