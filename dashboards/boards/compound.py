"""Compound overview: what the whole compound draws now, today and over the last weeks, and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.board import Board, Say, Variable
from dashboards.panels import ELECTRICITY, WEATHER, bars, curves, number, place, rows
from dashboards.queries import DAY, mean, tag_values, total
from dashboards.target import EVENTS, QUARTERS, RAW, Target

GROUP = Variable("group", "board.variable.group", tag_values("group", "meter_power"))
HERE = "\"group\" = '$group'"
MAINS = f"{HERE} AND \"sub_item\" = '01'"
WATERS = f'{HERE} AND "sub_item" = \'02\' AND "building" =~ /.+/'
EVENT_FIELDS = '"severity_level", "subject", "kind", "dept"'


def panels(say: Say) -> Sequence[Any]:
    """Numbers first, then the course of the day, the days, and the events."""
    power = Target(RAW, mean("p_w", "meter_power", MAINS, by="building"), "$tag_building")
    energy = Target(QUARTERS, total("delta", "energy_interval", MAINS, window=DAY, by="building"), "$tag_building")
    water = Target(QUARTERS, total("delta", "energy_interval", WATERS, window=DAY, by="building"), "$tag_building")
    air = Target(RAW, mean("temp_c", "env", HERE), say("board.series.outdoor"))
    text = f'SELECT {EVENT_FIELDS} FROM "event" WHERE $timeFilter ORDER BY time DESC LIMIT 100'
    events = Target(EVENTS, text, result="table")

    def words(name: str) -> tuple[str, str]:
        return say(f"board.compound.{name}"), say(f"board.compound.{name}.about")

    return (
        number(*words("power"), "watt", power, place(0, 0, 10, 5), ELECTRICITY),
        number(*words("energy"), "watth", energy, place(10, 0, 8, 5), ELECTRICITY),
        number(*words("weather"), "celsius", air, place(18, 0, 6, 5), WEATHER),
        curves(*words("load"), "watt", [power], place(0, 5, 24, 9), stacked=True),
        bars(*words("days"), "watth", [energy], place(0, 14, 12, 8)),
        bars(*words("water"), "litre", [water], place(12, 14, 12, 8)),
        curves(*words("air"), "celsius", [air], place(0, 22, 8, 8)),
        rows(*words("events"), events, place(8, 22, 16, 8)),
    )


BOARD = Board("gov-compound", "board.compound.title", "24h", "30s", (GROUP,), panels)
