"""Options of the charts of the evaluation: changes of order degrees, and coupling of every two departments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cloud.console import theme
from cloud.console.chart_options import Options
from cloud.console.views.evaluation_board import SynergyTerm
from cloud.core.event import Severity

RISE, FALL, STALL = theme.GOOD, theme.SEVERITY_COLOURS[Severity.RED], theme.FAINT
HEAT = ["#c5302a", "#f3c9a5", "#f6f3e6", "#b9dcc9", "#1d8a5c"]
_LABEL = {"color": theme.MUTED, "fontSize": 11, "fontFamily": theme.FONT}


def changes_chart(terms: Sequence[SynergyTerm], name_of: Callable[[str], str]) -> Options:
    """The change of every order degree; who falls turns the sign of the whole."""
    return {
        "animation": False,
        "textStyle": {"fontFamily": theme.FONT},
        "grid": {"left": 8, "right": 52, "top": 6, "bottom": 4, "containLabel": True},
        "tooltip": {"show": False},
        "xAxis": {"type": "value", "axisLabel": _LABEL, "splitLine": {"lineStyle": {"color": theme.LINE}}},
        "yAxis": {
            "type": "category", "inverse": True, "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": theme.LINE}}, "data": [name_of(one.department) for one in terms],
            "axisLabel": {**_LABEL, "color": theme.INK},
        },
        "series": [{
            "type": "bar", "barMaxWidth": 16, "emphasis": {"disabled": True},
            "data": [
                {
                    "value": round(one.change, 5),
                    "itemStyle": {"color": STALL if one.is_stalled else FALL if one.is_falling else RISE},
                    "label": {
                        "show": True, "position": "right", "color": theme.INK, "fontSize": 11,
                        "formatter": f"{one.change:+.4f}",
                    },
                }
                for one in terms
            ],
        }],
    }  # fmt: skip


def coupling_chart(pairs: Mapping[str, Mapping[str, float]], name_of: Callable[[str], str]) -> Options:
    """Coordination D of every two departments as a heat map; the diagonal is empty."""
    names = list(pairs)
    data = [
        [x, y, round(pairs[one][other], 2)]
        for y, one in enumerate(names)
        for x, other in enumerate(names)
        if other in pairs[one]
    ]
    shown = [name_of(name) for name in names]
    axis: Options = {
        "type": "category", "data": shown, "axisTick": {"show": False}, "splitArea": {"show": False},
        "axisLine": {"show": False}, "axisLabel": {**_LABEL, "color": theme.INK, "interval": 0},
    }  # fmt: skip
    return {
        "animation": False,
        "textStyle": {"fontFamily": theme.FONT},
        "grid": {"left": 8, "right": 8, "top": 4, "bottom": 4, "containLabel": True},
        "tooltip": {"show": False},
        "xAxis": {**axis, "position": "bottom", "axisLabel": {**axis["axisLabel"], "rotate": 24}},
        "yAxis": {**axis, "inverse": True},
        "visualMap": {"show": False, "min": 0, "max": 1, "inRange": {"color": HEAT}},
        "series": [{
            "type": "heatmap", "data": data, "emphasis": {"disabled": True},
            "label": {"show": True, "color": theme.INK, "fontSize": 11},
            "itemStyle": {"borderColor": theme.CARD, "borderWidth": 2},
        }],
    }  # fmt: skip
