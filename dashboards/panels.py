"""Panels with the house's habits: unit, description and data source always given, the same colour the same meaning."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import common, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    LineInterpolation,
    StackingMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    GridPos,
    Threshold,
    ThresholdsMode,
)

from dashboards.target import Target, source_ref

ELECTRICITY, WATER, FORECAST, LIMIT, CLEAR, WEATHER = "#e0a030", "#3b82c4", "#7f93a8", "#d64545", "#e58a3c", "#4aa3a2"
WIDTH = 24


def place(x: int, y: int, width: int, height: int) -> GridPos:
    return GridPos(x=x, y=y, w=width, h=height)


def number(title: str, description: str, unit: str, target: Target, at: GridPos, colour: str) -> stat.Panel:
    """The newest value of each series as a large number with its recent course."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(source_ref(target.source))
        .with_target(target)
        .grid_pos(at)
        .unit(unit)
        .color_scheme(FieldColor().mode(FieldColorModeId.FIXED).fixed_color(colour))
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(value=None, color=colour)]))
    )


def curves(
    title: str, description: str, unit: str, targets: Sequence[Target], at: GridPos, *, stacked: bool = False
) -> timeseries.Panel:
    """Series over time; stacked ones show their sum."""
    panel = _series(title, description, unit, targets, at).line_width(2).show_points(VisibilityMode.NEVER)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(45)
    return panel


def bars(title: str, description: str, unit: str, targets: Sequence[Target], at: GridPos) -> timeseries.Panel:
    """One bar per day or hour, stacked by series."""
    stacking = common.StackingConfig().mode(StackingMode.NORMAL)
    panel = _series(title, description, unit, targets, at)
    return panel.draw_style(GraphDrawStyle.BARS).fill_opacity(80).line_width(0).stacking(stacking)


def rows(title: str, description: str, target: Target, at: GridPos) -> table.Panel:
    """Events and the like, newest first."""
    panel = table.Panel().title(title).description(description).datasource(source_ref(target.source))
    return panel.with_target(target).grid_pos(at).unit("none")


def coloured(panel: timeseries.Panel, name: str, colour: str) -> timeseries.Panel:
    """Give the series of this name a fixed colour."""
    fixed = {"mode": "fixed", "fixedColor": colour}
    return panel.override_by_name(name, [DynamicConfigValue(id_val="color", value=fixed)])


def as_band(panel: timeseries.Panel, low: str, high: str) -> timeseries.Panel:
    """Draw two series as the edges of one filled band."""
    quiet = [
        DynamicConfigValue(id_val="custom.lineWidth", value=0),
        DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": FORECAST}),
    ]
    fill = [
        DynamicConfigValue(id_val="custom.fillBelowTo", value=low),
        DynamicConfigValue(id_val="custom.fillOpacity", value=22),
    ]
    return panel.override_by_name(low, quiet).override_by_name(high, [*quiet, *fill])


def as_limit(panel: timeseries.Panel, name: str, colour: str) -> timeseries.Panel:
    """Draw a series as a dashed line in steps: it holds until somebody changes it."""
    dashed = {"fill": "dash", "dash": [8, 6]}
    return panel.override_by_name(
        name,
        [
            DynamicConfigValue(id_val="custom.lineStyle", value=dashed),
            DynamicConfigValue(id_val="custom.lineInterpolation", value=LineInterpolation.STEP_AFTER.value),
            DynamicConfigValue(id_val="custom.spanNulls", value=True),
            DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour}),
        ],
    )


def _series(title: str, description: str, unit: str, targets: Sequence[Target], at: GridPos) -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    panel = timeseries.Panel().title(title).description(description).datasource(source_ref(targets[0].source))
    panel = panel.grid_pos(at).unit(unit).legend(legend.show_legend(True))
    for target in targets:
        panel = panel.with_target(target)
    return panel
