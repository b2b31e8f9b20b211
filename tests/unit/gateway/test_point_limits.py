"""Limits of writable points on their way from the edge's profile to the cloud's doors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from gateway.point_limits import PROPERTY, PointLimits, limits_text, read_limits

NUMBERS = st.floats(-1e9, 1e9)


@given(st.dictionaries(st.text(max_size=20), st.tuples(NUMBERS, NUMBERS, st.none() | st.floats(1e-3, 1e3)), max_size=4))
def test_limits_arrive_as_they_were_told(given_limits: dict[str, tuple[float, float, float | None]]) -> None:
    limits = {name: PointLimits(min(one[:2]), max(one[:2]), one[2]) for name, one in given_limits.items()}
    assert read_limits({PROPERTY: limits_text(limits)}) == limits


@pytest.mark.parametrize(
    "text",
    ["", "[]", "1", "no json", '{"a": 1}', '{"a": [1]}', '{"a": ["x", "y", null]}', '{"a": [2, 1, null]}',
     '{"a": [1, 2, 0]}', '{"a": [NaN, 2, 1]}', "[" * 100_000],
)  # fmt: skip
def test_what_makes_no_sense_tells_no_limits(text: str) -> None:
    assert read_limits({PROPERTY: text}) == {}
    assert read_limits({}) == {}


def test_steps_count_from_the_lower_limit_and_forgive_rounding() -> None:
    limits = PointLimits(0.1, 0.7, 0.1)
    assert limits.fit_step(0.1 + 0.2)
    assert not limits.fit_step(0.35)
    assert [limits.hold(value) for value in (0.1, 0.7, 0.71, float("nan"))] == [True, True, False, False]
    assert PointLimits(0, 1).fit_step(0.123)


def test_the_shipped_actuators_accept_their_safe_values() -> None:
    """What the cloud lets pass and what the edge accepts begin from the same profile."""
    points = [point for profile in load_catalogue().all() for point in profile.writable]
    assert points
    for point in points:
        low, high = (float(point.display_unit.to_base(end)) for end in point.limits)
        step = None if point.step is None else float(point.step * point.display_unit.factor)
        limits = PointLimits(low, high, step)
        safe = float(point.display_unit.to_base(point.safe_value))
        assert limits.hold(safe)
        assert limits.fit_step(safe)
