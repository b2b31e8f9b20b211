"""Charts as options: units, gaps, axis ends, the number of series."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.console.chart_options import Line, Mark, bar_chart, line_chart, value_axis

UTC8_MS = 8 * 3_600_000


def test_a_line_is_drawn_in_display_units_at_local_time_with_gaps_left_open() -> None:
    options = line_chart([Line("power", [(1_000, 1500.0), (3_000, None)], "#000")], "W")
    assert options["useUTC"] is True
    assert options["series"][0]["data"] == [[1_000 + UTC8_MS, 1.5], [3_000 + UTC8_MS, None]]
    assert options["series"][0]["connectNulls"] is False
    assert options["yAxis"]["name"] == "kW"


def test_limit_breach_and_command_stand_where_they_happened() -> None:
    options = line_chart(
        [Line("power", [(0, 90_000.0)], "#000")],
        "W",
        limit=86_000.0,
        areas=[(0, 5_000)],
        marks=[Mark(2_000, 91_000.0, "command")],
    )
    line, marks = options["series"]
    assert line["markLine"]["data"] == [{"yAxis": 86.0}]
    assert line["markArea"]["data"] == [[{"xAxis": UTC8_MS}, {"xAxis": 5_000 + UTC8_MS}]]
    assert marks["data"] == [{"value": [2_000 + UTC8_MS, 91.0], "name": "command"}]


@pytest.mark.parametrize("marks", [[], [Mark(0, 1.0, "a")]])
def test_the_number_of_series_does_not_depend_on_what_happened(marks: list[Mark]) -> None:
    lines = [Line("a", [], "#000"), Line("b", [], "#111")]
    assert len(line_chart(lines, "W", marks=marks)["series"]) == 3


@given(
    st.lists(st.floats(-1e7, 1e7).map(lambda value: round(value, 1)), min_size=1, max_size=30),
    st.none() | st.floats(1, 1e7),
)
def test_the_axis_takes_in_every_value_and_the_limit_with_few_round_ticks(
    values: list[float], limit: float | None
) -> None:
    axis = value_axis([Line("a", list(enumerate(values)), "#000")], limit, 1000)
    assert axis.low is not None
    assert axis.high is not None
    assert axis.interval is not None
    shown = [value / 1000 for value in values] + ([limit / 1000] if limit is not None else [])
    slack = axis.interval * 1e-6
    assert axis.low <= min(shown) + slack
    assert max(shown) - slack <= axis.high
    assert (axis.high - axis.low) / axis.interval <= 7.01


def test_the_axis_starts_at_zero_unless_all_values_are_high() -> None:
    assert value_axis([Line("a", [(0, 10.0), (1, 90.0)], "#000")], None, 1).low == 0
    assert value_axis([Line("a", [(0, 80.0), (1, 90.0)], "#000")], None, 1).low == 80


def test_noise_does_not_look_like_a_change_and_ends_are_round() -> None:
    axis = value_axis([Line("a", [(0, 59.9), (1, 60.7)], "#000")], None, 1)
    assert (axis.low, axis.high, axis.interval) == (58.0, 62.0, 2.0)


def test_an_empty_chart_leaves_its_axis_to_the_browser() -> None:
    assert value_axis([Line("a", [(0, None)], "#000")], None, 1).high is None


def test_a_bar_without_a_figure_is_left_out_and_not_zero() -> None:
    options = bar_chart(["x", "y"], {"a": [2_000.0, None]}, "Wh", {"a": "#000"})
    assert options["series"][0]["data"] == [2.0, None]
