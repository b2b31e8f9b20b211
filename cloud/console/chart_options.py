"""Views as ECharts options: pure functions from curves to the dictionaries that the chart library takes.

Times are shifted to UTC+8 and drawn as UTC, so that every browser shows the institution's time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.console import theme
from cloud.console.curves import Curve
from cloud.console.numbers import scale_of
from cloud.core.calendar import LOCAL

Options = dict[str, Any]

LEAST_SPAN = 0.1

_OFFSET_MS = int(LOCAL.utcoffset(None).total_seconds() * 1000)
_SHORT_NAME = "name => name.length > 18 ? name.slice(0, 17) + '…' : name"
_LABEL = {"color": theme.MUTED, "fontSize": 11, "fontFamily": theme.FONT}


@dataclass(frozen=True, slots=True)
class Line:
    """One curve of a chart, in base units. `stack` piles it on the others of that name."""

    name: str
    curve: Curve
    colour: str
    is_dashed: bool = False
    stack: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one time, drawn on the first line at height `value` (base unit)."""

    at_ms: int
    value: float
    text: str


def local_ms(at_ms: int) -> int:
    return at_ms + _OFFSET_MS


def line_chart(
    lines: Sequence[Line],
    unit: str,
    *,
    limit: float | None = None,
    areas: Sequence[tuple[int, int]] = (),
    marks: Sequence[Mark] = (),
    mark_name: str = "",
) -> Options:
    """Curves over time in the display unit of `unit`, with a limit line, shaded areas and marks.

    `limit` is a value in base units; `areas` are (start ms, end ms). The number of series is that of `lines` plus one,
    so that updates merge into the drawn chart.
    """
    divisor = scale_of(unit).divisor
    series = [_series(line, divisor) for line in lines]
    if series:
        series[0] |= {"markLine": _limit_line(limit, divisor), "markArea": _areas(areas)}
    return {
        "useUTC": True,
        "animation": False,
        "textStyle": {"fontFamily": theme.FONT},
        "grid": {"left": 8, "right": 12, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {
            "top": 0, "right": 0, "itemWidth": 14, "itemHeight": 8, "itemGap": 14, "icon": "roundRect",
            "type": "scroll", "left": 48, "align": "left", "textStyle": _LABEL, "data": [line.name for line in lines],
        },
        "tooltip": _tooltip(scale_of(unit).unit),
        "xAxis": _time_axis(),
        "yAxis": _upright(value_axis(lines, limit, divisor), scale_of(unit).unit),
        "series": [*series, _mark_series(marks, divisor, mark_name)],
    }  # fmt: skip


_TIME_FORMAT = {"day": "{MM}-{dd}", "hour": "{HH}:{mm}", "minute": "{HH}:{mm}", "second": "{HH}:{mm}:{ss}"}


@dataclass(frozen=True, slots=True)
class Axis:
    """Ends and tick distance of a value axis in display units; None lets the chart choose."""

    low: float | None = None
    high: float | None = None
    interval: float | None = None


def value_axis(lines: Sequence[Line], limit: float | None, divisor: float) -> Axis:
    """Round ends with about four ticks between; it starts at zero unless all values lie in the upper half.

    It spans at least a tenth of the largest value, so that noise does not look like a change.
    """
    if any(line.stack for line in lines):
        return Axis(low=0)
    values = [value / divisor for line in lines for _, value in line.curve if value is not None]
    if not values:
        return Axis()
    shown = [*values, *([limit / divisor] if limit is not None else [])]
    low, high = min(shown), max(shown)
    starts_at_zero = 0 <= low < high / 2
    span = max(high - (0 if starts_at_zero else low), LEAST_SPAN * max(abs(low), abs(high)))
    interval = _round_step(span or 1)
    floor = 0.0 if starts_at_zero else math.floor(low / interval) * interval
    return Axis(round(floor, 6), round(math.ceil(high / interval) * interval, 6), interval)


def _time_axis() -> Options:
    return {
        "type": "time", "axisLine": {"lineStyle": {"color": theme.LINE}}, "axisTick": {"show": False},
        "axisLabel": {**_LABEL, "hideOverlap": True, "formatter": _TIME_FORMAT}, "splitLine": {"show": False},
    }  # fmt: skip


def _upright(axis: Axis, unit: str) -> Options:
    return {
        "type": "value", "min": axis.low, "max": axis.high, "interval": axis.interval,
        "name": unit, "nameLocation": "end", "nameGap": 12,
        "nameTextStyle": {**_LABEL, "align": "right"}, "axisLabel": _LABEL,
        "splitLine": {"lineStyle": {"color": theme.LINE}}, "splitNumber": 4,
    }  # fmt: skip


def _round_step(span: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten of which at most five fit into the span."""
    power: float = 10.0 ** math.floor(math.log10(span / 5))
    return next(size * power for size in (1, 2, 5, 10) if size * power * 5 >= span * 0.999)


def _series(line: Line, divisor: float) -> Options:
    data = [[local_ms(at), None if value is None else round(value / divisor, 2)] for at, value in line.curve]
    drawn: Options = {
        "name": line.name,
        "type": "line",
        "data": data,
        "showSymbol": False,
        "connectNulls": False,
        "color": line.colour,
        "lineStyle": {"width": 1.6, "type": "dashed" if line.is_dashed else "solid", "color": line.colour},
        "emphasis": {"disabled": True},
    }
    if line.stack:
        drawn |= {"stack": line.stack, "areaStyle": {"opacity": 0.28}, "lineStyle": {"width": 1, "color": line.colour}}
    return drawn


def _limit_line(limit: float | None, divisor: float) -> Options:
    if limit is None:
        return {"data": []}
    return {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"color": theme.LIMIT, "width": 1.4, "type": "solid"},
        "label": {"show": False},
        "data": [{"yAxis": round(limit / divisor, 3)}],
    }


def _areas(areas: Sequence[tuple[int, int]]) -> Options:
    return {
        "silent": True,
        "itemStyle": {"color": theme.BREACH_AREA},
        "data": [[{"xAxis": local_ms(start)}, {"xAxis": local_ms(end)}] for start, end in areas],
    }


def _mark_series(marks: Sequence[Mark], divisor: float, name: str) -> Options:
    return {
        "name": name,
        "type": "scatter",
        "symbol": "path://M0 0 L10 0 L5 8 Z",
        "symbolSize": 12,
        "symbolOffset": [0, -9],
        "color": theme.INK,
        "z": 5,
        "data": [
            {"value": [local_ms(mark.at_ms), round(mark.value / divisor, 2)], "name": mark.text} for mark in marks
        ],
        "tooltip": {"trigger": "item", "formatter": "{b}"},
    }


def _tooltip(unit: str) -> Options:
    return {
        "trigger": "axis",
        "confine": True,
        "borderColor": theme.LINE,
        "textStyle": {"color": theme.INK, "fontSize": 12, "fontFamily": theme.FONT},
        "axisPointer": {"lineStyle": {"color": theme.FAINT}},
        ":valueFormatter": f"value => value == null ? '—' : value.toLocaleString('en-US') + ' {unit}'",
    }


def bar_chart(
    rows: Sequence[str], parts: Mapping[str, Sequence[float | None]], unit: str, colours: Mapping[str, str]
) -> Options:
    """Horizontal stacked bars: one row per name, one part per series, in the display unit of `unit`."""
    scale = scale_of(unit)
    return {
        "animation": False,
        "textStyle": {"fontFamily": theme.FONT},
        "grid": {"left": 8, "right": 38, "top": 30, "bottom": 4, "containLabel": True},
        "legend": {
            "top": 0, "left": 0, "type": "scroll", "itemWidth": 14, "itemHeight": 8, "icon": "roundRect",
            ":formatter": _SHORT_NAME, "textStyle": _LABEL,
        },
        "tooltip": {**_tooltip(scale.unit), "axisPointer": {"type": "shadow"}},
        "xAxis": {
            "type": "value", "name": scale.unit, "nameLocation": "end", "nameGap": 6, "nameTextStyle": _LABEL,
            "axisLabel": _LABEL, "splitLine": {"lineStyle": {"color": theme.LINE}},
        },
        "yAxis": {
            "type": "category", "inverse": True, "data": list(rows), "axisTick": {"show": False},
            "axisLabel": {**_LABEL, "color": theme.INK, "fontSize": 12},
            "axisLine": {"lineStyle": {"color": theme.LINE}},
        },
        "series": [_bars(name, values, scale.divisor, colours[name]) for name, values in parts.items()],
    }  # fmt: skip


def _bars(name: str, values: Sequence[float | None], divisor: float, colour: str) -> Options:
    return {
        "name": name,
        "type": "bar",
        "stack": "all",
        "barMaxWidth": 18,
        "color": colour,
        "data": [None if value is None else round(value / divisor, 1) for value in values],
        "emphasis": {"disabled": True},
    }
