"""Options of the charts of the energy page: months by carrier, and the waterfall of a change."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.console import theme
from cloud.console.chart_options import Options
from cloud.console.components.energy.energy_tiles import convention_name
from cloud.console.session import Viewer
from cloud.console.views.energy_month import Bar, EnergyMonth, coal_by_carrier
from cloud.core.event import Severity
from cloud.energy.carrier import Carrier

UNIT = "kgce"
_LABEL = {"color": theme.MUTED, "fontSize": 11, "fontFamily": theme.FONT}
_VALUE = "value => value == null ? '—' : value.toLocaleString('en-US')"
RISE, FALL = theme.SEVERITY_COLOURS[Severity.ORANGE], theme.GOOD


def months_chart(month: EnergyMonth, factor_set_id: str, viewer: Viewer) -> Options:
    """Standard coal of each month by carrier; a month whose energy is not known is a gap."""
    coal = [coal_by_carrier(one, one.whole, factor_set_id) for one in month.months]
    used = [carrier for carrier in Carrier if any(carrier in of_month for of_month in coal)]
    series = [
        {
            "name": viewer.say(f"energy_account.carrier.{carrier}"),
            "type": "bar",
            "stack": "all",
            "barMaxWidth": 26,
            "color": theme.series_colour(list(Carrier).index(carrier)),
            "data": [None if carrier not in one else round(float(one[carrier]), 1) for one in coal],
            "emphasis": {"disabled": True},
        }
        for carrier in used
    ]
    return {
        **_frame(f"{UNIT} · {convention_name(factor_set_id, viewer)}"),
        "legend": {"top": 0, "right": 0, "itemWidth": 14, "itemHeight": 8, "icon": "roundRect", "textStyle": _LABEL},
        "tooltip": {"trigger": "axis", "confine": True, "axisPointer": {"type": "shadow"}, ":valueFormatter": _VALUE},
        "xAxis": _categories([str(one.period) for one in month.months]),
        "series": series,
    }


def waterfall_chart(bars: Sequence[Bar]) -> Options:
    """Totals at both ends and a step for each effect; the axis starts where the steps can be told apart."""
    levels = [level for bar in bars for level in (bar.start, bar.end) if level or not bar.is_total]
    least, most = min(levels, default=0.0), max(levels, default=0.0)
    floor = max(0.0, least - max(most - least, 0.01 * most))
    options = _frame(UNIT)
    options["yAxis"] |= {"min": round(floor, -2)}
    return {
        **options,
        "tooltip": {"show": False},
        "xAxis": _broken(_categories([bar.name for bar in bars])),
        "series": [_ground(bars), _steps(bars)],
    }


def _broken(axis: Options) -> Options:
    """Long names in two lines instead of left out."""
    label = {**axis["axisLabel"], "width": 76, "overflow": "break", "hideOverlap": False}
    return {**axis, "axisLabel": label}


def _ground(bars: Sequence[Bar]) -> Options:
    """What carries each step; it is not seen."""
    data = [0 if bar.is_total else round(min(bar.start, bar.end), 1) for bar in bars]
    return {"type": "bar", "stack": "all", "silent": True, "itemStyle": {"color": "transparent"}, "data": data}


def _steps(bars: Sequence[Bar]) -> Options:
    return {
        "type": "bar",
        "stack": "all",
        "barMaxWidth": 46,
        "data": [
            {
                "value": round(abs(bar.change), 1),
                "itemStyle": {"color": theme.ACCENT if bar.is_total else RISE if bar.change > 0 else FALL},
                "label": {"show": True, "position": "top", "color": theme.INK, "fontSize": 11, "formatter": _step(bar)},
            }
            for bar in bars
        ],
        "emphasis": {"disabled": True},
    }


def _step(bar: Bar) -> str:
    if bar.is_total:
        return f"{bar.end:,.0f}"
    return f"{bar.change:+,.1f}" if round(bar.change, 1) else "0"


def _frame(name: str) -> Options:
    return {
        "animation": False,
        "textStyle": {"fontFamily": theme.FONT},
        "grid": {"left": 8, "right": 12, "top": 34, "bottom": 4, "containLabel": True},
        "yAxis": {
            "type": "value", "name": name, "nameTextStyle": {**_LABEL, "align": "left"}, "nameGap": 12,
            "axisLabel": _LABEL, "splitLine": {"lineStyle": {"color": theme.LINE}}, "splitNumber": 4,
        },
    }  # fmt: skip


def _categories(names: Sequence[str]) -> Options:
    return {
        "type": "category",
        "data": list(names),
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": theme.LINE}},
        "axisLabel": {**_LABEL, "interval": 0, "hideOverlap": True},
    }
