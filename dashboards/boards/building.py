"""Building energy: what a building draws against forecast and limits, where it goes, and how the days compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.board import Board, Say, Variable
from dashboards.panels import (
    CLEAR,
    ELECTRICITY,
    FORECAST,
    LIMIT,
    as_band,
    as_limit,
    bars,
    coloured,
    curves,
    number,
    place,
)
from dashboards.queries import DAY, HOUR, mean, newest, tag_values, total
from dashboards.target import QUARTERS, RAW, Target

COMPOUND = "\"group\" = '$group'"
HERE = f"{COMPOUND} AND \"building\" = '$building'"
MAIN = f"{HERE} AND \"sub_item\" = '01'"
# Floors carry the same sub-item as the meter above them: only what ends in no number is a part of the whole.
PARTS = f'{HERE} AND "sub_item" =~ /^01[A-D]$/ AND "device" !~ /[0-9]$/'
VARIABLES = (
    Variable("group", "board.variable.group", tag_values("group", "meter_power")),
    Variable("building", "board.variable.building", tag_values("building", "meter_power", COMPOUND)),
)


def panels(say: Say) -> Sequence[Any]:
    """Now and today, the curve with forecast band and limits, the parts, the days, the phases."""
    now = Target(RAW, mean("p_w", "meter_power", MAIN), say("board.series.power"))
    days = Target(QUARTERS, total("delta", "energy_interval", MAIN, window=DAY), say("board.series.energy"))
    hours = Target(QUARTERS, total("delta", "energy_interval", MAIN, window=HOUR), say("board.series.energy"))
    parts = Target(RAW, mean("p_w", "meter_power", PARTS, by="device"), "$tag_device")

    def words(name: str) -> tuple[str, str]:
        return say(f"board.building.{name}"), say(f"board.building.{name}.about")

    return (
        number(*words("now"), "watt", now, place(0, 0, 12, 4), ELECTRICITY),
        number(*words("today"), "watth", days, place(12, 0, 12, 4), ELECTRICITY),
        _against_forecast(say, now),
        curves(*words("parts"), "watt", [parts], place(0, 15, 12, 9), stacked=True),
        bars(*words("days"), "watth", [days], place(12, 15, 12, 9)),
        bars(*words("hours"), "watth", [hours], place(0, 24, 12, 8)),
        curves(*words("phases"), "amp", _phases(say), place(12, 24, 12, 8)),
    )


def _against_forecast(say: Say, now: Target) -> Any:
    expected, low, high = (say(f"board.series.{name}") for name in ("expected", "low", "high"))
    limit, clear, power = (say(f"board.series.{name}") for name in ("limit", "clear", "power"))
    figures = (
        ("forecast", "mean", expected),
        ("forecast", "low", low),
        ("forecast", "high", high),
        ("threshold", "limit", limit),
        ("threshold", "clear", clear),
    )
    targets = [
        Target(QUARTERS, newest(field, measurement, MAIN), alias, ref)
        for (measurement, field, alias), ref in zip(figures, "BCDEF", strict=True)
    ]
    title, about = say("board.building.curve"), say("board.building.curve.about")
    panel = curves(title, about, "watt", [now, *targets], place(0, 4, 24, 11))
    panel = coloured(coloured(panel, power, ELECTRICITY), expected, FORECAST)
    return as_limit(as_limit(as_band(panel, low, high), limit, LIMIT), clear, CLEAR)


def _phases(say: Say) -> list[Target]:
    fields = {"A": "i_a_a", "B": "i_b_a", "C": "i_c_a"}
    return [
        Target(RAW, mean(field, "meter_power", MAIN), say(f"board.series.phase_{ref.lower()}"), ref)
        for ref, field in fields.items()
    ]


BOARD = Board("gov-building", "board.building.title", "48h", "1m", VARIABLES, panels)
