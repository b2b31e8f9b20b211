"""Options of the forecast chart: the 90 % band, what is expected, what came, limits, and now."""

from __future__ import annotations

from cloud.console import theme
from cloud.console.chart_options import Options, local_ms
from cloud.console.numbers import scale_of
from cloud.console.session import Viewer
from cloud.console.views.forecast_curve import ForecastCurve
from cloud.core.event import Severity

UNIT = "W"
MEAN_SERIES = 2
"""Place of the expected means among the series."""

BAND, LINE, CAME = "rgba(43, 108, 176, 0.16)", theme.SERIES_COLOURS[0], theme.INK
_LABEL = {"color": theme.MUTED, "fontSize": 11, "fontFamily": theme.FONT}
_TIME_FORMAT = {"day": "{MM}-{dd}", "hour": "{HH}:{mm}"}
_VALUE = "value => value == null ? '—' : value.toLocaleString('en-US') + ' kW'"


def forecast_chart(found: ForecastCurve, now_ms: int, chosen_ms: int | None, viewer: Viewer) -> Options:
    """Hourly means in kW over time; the points of what is expected can be clicked."""
    names = {name: viewer.say(f"console.forecast.line.{name}") for name in ("band", "mean", "actual")}
    return {
        "useUTC": True,
        "animation": False,
        "textStyle": {"fontFamily": theme.FONT},
        "grid": {"left": 8, "right": 58, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {
            "top": 0, "left": 56, "itemWidth": 14, "itemHeight": 8, "icon": "roundRect", "textStyle": _LABEL,
            "data": list(names.values()),
        },
        "tooltip": {
            "trigger": "axis", "confine": True, "borderColor": theme.LINE, ":valueFormatter": _VALUE,
            "textStyle": {"color": theme.INK, "fontSize": 12}, "axisPointer": {"lineStyle": {"color": theme.FAINT}},
        },
        "xAxis": {
            "type": "time", "axisLine": {"lineStyle": {"color": theme.LINE}}, "splitLine": {"show": False},
            "axisLabel": {**_LABEL, "hideOverlap": True, "formatter": _TIME_FORMAT},
        },
        "yAxis": {
            "type": "value", "name": "kW", "nameTextStyle": {**_LABEL, "align": "right"}, "nameGap": 12,
            "axisLabel": _LABEL, "splitLine": {"lineStyle": {"color": theme.LINE}}, "splitNumber": 4,
        },
        "series": _series(found, now_ms, chosen_ms, names, viewer),
    }  # fmt: skip


def _series(
    found: ForecastCurve, now_ms: int, chosen_ms: int | None, names: dict[str, str], viewer: Viewer
) -> list[Options]:
    points = found.points
    low = [[local_ms(one.start_ms), _kw(one.low)] for one in points]
    width = [[local_ms(one.start_ms), _kw(one.high - one.low)] for one in points]
    bare: Options = {"type": "line", "showSymbol": False, "emphasis": {"disabled": True}, "silent": True}
    hidden = {"lineStyle": {"opacity": 0}, "stack": "band", "tooltip": {"show": False}}
    mean: Options = {
        "name": names["mean"],
        "type": "line",
        "symbol": "circle",
        "symbolSize": 7,
        "color": LINE,
        "lineStyle": {"width": 1.6, "type": "dashed"},
        "data": [_point(one.start_ms, one.mean, chosen_ms) for one in points],
        "markLine": _marks(found, now_ms, viewer),
        "z": 4,
    }
    came = [[local_ms(at_ms), None if value is None else _kw(value)] for at_ms, value in found.actual]
    return [
        {**bare, **hidden, "name": "low", "data": low},
        {**bare, **hidden, "name": names["band"], "color": BAND, "areaStyle": {"color": BAND}, "data": width},
        mean,
        {**bare, "name": names["actual"], "color": CAME, "lineStyle": {"width": 1.8}, "data": came, "z": 3},
    ]


def _point(at_ms: int, mean: float, chosen_ms: int | None) -> Options:
    value: Options = {"value": [local_ms(at_ms), _kw(mean)], "name": str(at_ms)}
    if at_ms == chosen_ms:
        value |= {"symbolSize": 12, "itemStyle": {"color": theme.SEVERITY_COLOURS[Severity.ORANGE]}}
    return value


def _marks(found: ForecastCurve, now_ms: int, viewer: Viewer) -> Options:
    limits = [
        {
            "yAxis": _kw(one.limit),
            "lineStyle": {"color": theme.LIMIT, "type": "solid", "width": 1.4},
            "label": {"formatter": f"{_kw(one.limit):g} kW", "color": theme.LIMIT, "fontSize": 11},
        }
        for one in found.limits
    ]
    now = {
        "xAxis": local_ms(now_ms),
        "lineStyle": {"color": theme.FAINT, "type": "dashed", "width": 1},
        "label": {"formatter": viewer.say("console.forecast.now"), "color": theme.MUTED, "fontSize": 11},
    }
    return {"silent": True, "symbol": "none", "data": [now, *limits]}


def _kw(value_w: float) -> float:
    return round(value_w / scale_of(UNIT).divisor, 2)
