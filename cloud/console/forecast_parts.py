"""Options of the chart that opens one forecast hour: what each group of inputs adds or takes."""

from __future__ import annotations

from cloud.console import theme
from cloud.console.chart_options import Options
from cloud.console.session import Viewer
from cloud.core.event import Severity
from cloud.energy.forecast_run import ForecastPoint
from cloud.energy.forecasting.forecast import BASE

ADDS, TAKES = theme.SEVERITY_COLOURS[Severity.ORANGE], theme.GOOD
_LABEL = {"color": theme.MUTED, "fontSize": 11, "fontFamily": theme.FONT}


def parts_chart(point: ForecastPoint, viewer: Viewer) -> Options:
    """Horizontal bars in kW, the usual load first, then by size; they add up to the mean."""
    parts = sorted(point.parts.items(), key=lambda part: (part[0] != BASE, -abs(part[1])))
    return {
        "animation": False,
        "textStyle": {"fontFamily": theme.FONT},
        "grid": {"left": 8, "right": 44, "top": 4, "bottom": 4, "containLabel": True},
        "tooltip": {"show": False},
        "xAxis": {"type": "value", "show": False},
        "yAxis": {
            "type": "category", "inverse": True, "axisTick": {"show": False}, "axisLine": {"show": False},
            "data": [viewer.say(f"forecast.part.{code}") for code, _ in parts],
            "axisLabel": {**_LABEL, "color": theme.INK},
        },
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 16,
                "emphasis": {"disabled": True},
                "data": [_bar(code, amount / 1000) for code, amount in parts],
            }
        ],
    }  # fmt: skip


def _bar(code: str, amount_kw: float) -> Options:
    colour = theme.ACCENT if code == BASE else ADDS if amount_kw >= 0 else TAKES
    words = f"{amount_kw:,.1f}" if code == BASE else f"{amount_kw:+,.1f}"
    return {
        "value": round(amount_kw, 3),
        "itemStyle": {"color": colour},
        "label": {"show": True, "position": "right", "formatter": words, "color": theme.INK, "fontSize": 11},
    }
