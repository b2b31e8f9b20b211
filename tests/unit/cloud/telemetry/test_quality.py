"""The gate of the store."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.telemetry.quality import EARLIEST_MS, MAX_TEXT, are_plain, refusal
from gateway.messages import Quality, Reading, Value

NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize(
    ("value", "datatype"),
    [
        (1.5, "float"),
        (1, "float"),
        (1, "int"),
        (2**63 - 1, "int"),
        (True, "bool"),
        ("on", "text"),
        (None, "float"),
        (3.5, None),
        (False, None),
        ("x" * MAX_TEXT, "text"),
    ],
)
def test_a_fitting_value_passes(value: Value, datatype: str | None) -> None:
    assert refusal(Reading("P", value, NOW_MS), datatype, NOW_MS) is None


@pytest.mark.parametrize(
    ("value", "datatype", "reason"),
    [
        (math.nan, "float", "not_a_number"),
        (math.inf, "float", "not_a_number"),
        (-math.inf, None, "not_a_number"),
        (1.5, "int", "type_conflict"),
        (True, "int", "type_conflict"),
        (1, "bool", "type_conflict"),
        ("1", "float", "type_conflict"),
        (1, "text", "type_conflict"),
        (b"1", None, "type_conflict"),
        ("x" * (MAX_TEXT + 1), "text", "text_too_long"),
        (2**63, "int", "number_too_large"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(value: Value, datatype: str | None, reason: str) -> None:
    assert refusal(Reading("P", value, NOW_MS), datatype, NOW_MS) == reason


def test_times_before_2020_and_beyond_five_minutes_ahead_are_refused() -> None:
    assert refusal(Reading("P", 1, 1_577_836_799_999), "int", NOW_MS) == "time_too_old"
    assert refusal(Reading("P", 1, 1_577_836_800_000), "int", NOW_MS) is None
    assert refusal(Reading("P", 1, NOW_MS + 300_000), "int", NOW_MS) is None
    assert refusal(Reading("P", 1, NOW_MS + 300_001), "int", NOW_MS) == "time_in_future"


def test_a_bad_quality_is_kept_as_it_came() -> None:
    assert refusal(Reading("P", 1.0, NOW_MS, Quality.BAD), "float", NOW_MS) is None


values = st.one_of(st.floats(), st.integers(-(2**66), 2**66), st.booleans(), st.text(max_size=3), st.none())
moments = st.one_of(st.integers(EARLIEST_MS - 2, EARLIEST_MS + 2), st.integers(NOW_MS + 299_998, NOW_MS + 300_002))


@given(st.lists(st.tuples(st.sampled_from("ABCD"), values, moments), max_size=4))
def test_what_is_kept_at_a_glance_would_be_kept_after_a_closer_look(given_: list[tuple[str, Value, int]]) -> None:
    datatypes = {"A": "float", "B": "int", "C": "bool"}
    readings = [Reading(*one) for one in given_]
    if are_plain(readings, datatypes, NOW_MS):
        assert all(refusal(one, datatypes.get(one.point), NOW_MS) is None for one in readings)
