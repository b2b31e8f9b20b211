from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import Point
from edge_agent.acquisition.deadband import Deadband
from gateway.messages import Quality, Reading, Value

MAX_SILENCE_MS = 300_000
SLOW_MS = 60_000


def deadband_of(**parts: Any) -> Deadband:
    point = Point.model_validate({"name": "Value", "table": "holding", "address": 0, "type": "int32", **parts})
    return Deadband({"meter": {"Value": point}}, max_silence_s=300, counter_silence_s=60)


def is_sent(deadband: Deadband, value: Value, at_ms: int, quality: Quality = Quality.GOOD) -> bool:
    return bool(deadband.select("meter", [Reading("Value", value, at_ms, quality)]))


def test_e12_the_first_value_is_sent_and_a_repeat_is_not() -> None:
    deadband = deadband_of()
    assert is_sent(deadband, 5.0, 0)
    assert not is_sent(deadband, 5.0, 5_000)


def test_without_a_dead_band_every_change_is_sent() -> None:
    deadband = deadband_of()
    assert is_sent(deadband, 5.0, 0)
    assert is_sent(deadband, 5.0000001, 5_000)


@pytest.mark.parametrize(("value", "sent"), [(1009.0, False), (1010.0, True), (990.0, True), (995.0, False)])
def test_the_absolute_dead_band_is_given_in_the_unit_of_the_point(value: float, sent: bool) -> None:
    deadband = deadband_of(unit="kW", deadband={"abs": "0.01"})
    is_sent(deadband, 1000.0, 0)
    assert is_sent(deadband, value, 5_000) is sent


def test_an_offset_between_units_does_not_shift_the_dead_band() -> None:
    deadband = deadband_of(unit="°C", offset="-40", deadband={"abs": "0.5"})
    is_sent(deadband, 20.0, 0)
    assert not is_sent(deadband, 20.4, 5_000)
    assert is_sent(deadband, 20.5, 5_000)


def test_the_wider_of_absolute_and_relative_dead_band_counts() -> None:
    deadband = deadband_of(unit="W", deadband={"abs": "10", "rel": "0.01"})
    is_sent(deadband, 10_000.0, 0)
    assert not is_sent(deadband, 10_050.0, 5_000)
    assert is_sent(deadband, 10_100.0, 10_000)


def test_slow_drift_is_measured_from_the_value_last_sent() -> None:
    deadband = deadband_of(deadband={"abs": "1"})
    sent = [is_sent(deadband, step * 0.3, step * 1_000) for step in range(5)]
    assert sent == [True, False, False, False, True]


def test_a_change_of_quality_is_always_sent() -> None:
    deadband = deadband_of(deadband={"abs": "100"})
    is_sent(deadband, 5.0, 0)
    assert is_sent(deadband, 5.0, 1_000, Quality.BAD)
    assert not is_sent(deadband, 5.0, 2_000, Quality.BAD)
    assert is_sent(deadband, 5.0, 3_000)


def test_no_value_is_not_zero() -> None:
    deadband = deadband_of(deadband={"abs": "100"})
    is_sent(deadband, 0.0, 0)
    assert is_sent(deadband, None, 1_000)
    assert not is_sent(deadband, None, 2_000)
    assert is_sent(deadband, 0.0, 3_000)


def test_silence_ends_after_the_longest_allowed() -> None:
    deadband = deadband_of()
    is_sent(deadband, 5.0, 0)
    assert not is_sent(deadband, 5.0, MAX_SILENCE_MS - 1)
    assert is_sent(deadband, 5.0, MAX_SILENCE_MS)


def test_an_unchanged_counter_is_sent_with_every_slow_poll_even_when_that_comes_early() -> None:
    deadband = deadband_of(kind="counter", deadband={"abs": "1000"})
    is_sent(deadband, 7, 0)
    assert not is_sent(deadband, 7, 5_000)
    assert is_sent(deadband, 7, SLOW_MS - 200)


def test_an_older_fix_is_sent_without_moving_the_reference() -> None:
    deadband = deadband_of(deadband={"abs": "10"})
    is_sent(deadband, 50.0, 100_000)
    assert is_sent(deadband, 50.0, 40_000)
    assert not is_sent(deadband, 50.0, 101_000)


def test_a_point_unknown_to_the_profile_is_never_held_back() -> None:
    reading = Reading("Other", 1.0, 0)
    deadband = deadband_of()
    assert deadband.select("meter", [reading]) == [reading]
    assert deadband.select("meter", [reading]) == [reading]


@given(values=st.lists(st.floats(-1e6, 1e6), max_size=40), band=st.integers(0, 1000))
def test_what_the_cloud_knows_never_differs_by_the_dead_band_or_more(values: list[float], band: int) -> None:
    deadband = deadband_of(deadband={"abs": band})
    known: float | None = None
    for step, value in enumerate(values):
        if is_sent(deadband, value, step * 1_000):
            known = value
        assert known is not None
        assert abs(value - known) < band or value == known
