"""Forecasts as rows: what is expected, how far the method errs on days it had not seen, and from what it was made."""

from __future__ import annotations

from cloud.console.components.row_table import Cell, Chip, Row, Shown
from cloud.console.numbers import MISSING, near_time, show
from cloud.console.session import Viewer
from cloud.console.views.forecast_curve import ForecastCurve
from cloud.energy.forecast_run import BackTest, ForecastRun

LEAST_COVERAGE = 0.85
"""Below this share of hours inside, the 90 % band is too narrow to be believed."""

COLUMNS = ("series", "ahead", "back_test", "cover", "method")


def row_name(run: ForecastRun) -> str:
    return f"{run.key.group}.{run.key.device}"


def forecast_row(run: ForecastRun, name: str, viewer: Viewer, is_chosen: bool) -> Row:
    test = run.back_test
    energy_wh = sum(point.mean * (point.end_ms - point.start_ms) / 3_600_000 for point in run.points)
    below = viewer.say("console.forecast.hours", n=len(run.points))
    method = Cell(
        viewer.say(f"forecast.method.{run.method}"), viewer.say("console.forecast.history", days=run.history_days)
    )
    cells: tuple[Shown, ...] = (
        name,
        Cell(str(show(energy_wh, "Wh", decimals=0)), below),
        _errors(test, viewer),
        _coverage(test, viewer),
        method,
    )
    return Row(row_name(run), cells, is_chosen=is_chosen)


def _errors(test: BackTest, viewer: Viewer) -> Shown:
    """The method's error beside that of plain persistence: green when it is the smaller one."""
    if test.nrmse is None:
        return Chip(MISSING, "", viewer.say("console.forecast.too_few_days"))
    if test.persistence_nrmse is None:
        return Chip(f"{100 * test.nrmse:.1f} %", "", viewer.say("console.forecast.days", n=test.days))
    tone = "good" if test.nrmse < test.persistence_nrmse else "orange"
    below = viewer.say("console.forecast.persistence", error=f"{100 * test.persistence_nrmse:.1f} %", n=test.days)
    return Chip(f"{100 * test.nrmse:.1f} %", tone, below)


def _coverage(test: BackTest, viewer: Viewer) -> Shown:
    if test.coverage is None:
        return Chip(MISSING)
    tone = "good" if test.coverage >= LEAST_COVERAGE else "orange"
    return Chip(f"{100 * test.coverage:.1f} %", tone, viewer.say("console.forecast.wanted"))


def lately_words(curve: ForecastCurve, viewer: Viewer) -> str:
    """How the issued forecasts did on the hours shown."""
    both = sum(one.expected is not None and one.actual_w is not None for one in curve.comparison.hours)
    if curve.comparison.nrmse is None or curve.comparison.coverage is None:
        return viewer.say("console.forecast.nothing_came_yet")
    return viewer.say(
        "console.forecast.lately",
        n=both,
        error=f"{100 * curve.comparison.nrmse:.1f} %",
        inside=f"{100 * curve.comparison.coverage:.0f} %",
    )


def issued_words(run: ForecastRun, actual_w: float | None, viewer: Viewer, now_ms: int) -> str:
    came = viewer.say("console.forecast.not_yet") if actual_w is None else str(show(actual_w, "W"))
    return viewer.say("console.forecast.issued", at=near_time(run.made_ms, now_ms), actual=came)
