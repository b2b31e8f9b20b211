"""Orders of reports as rows: what, for when, how far it is, and its sealed package."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from cloud.console.components.row_table import Cell, Chip, Column, Markup, Row, RowTable, Shown
from cloud.console.components.span_bar import span_bar
from cloud.console.numbers import MISSING, near_time
from cloud.console.session import Viewer
from cloud.reporting.order import OrderState, ReportOrder

COLUMNS = ("report", "period", "ordered", "state", "package", "size")
TONES = {OrderState.QUEUED: "", OrderState.RUNNING: "blue", OrderState.DONE: "good", OrderState.FAILED: "red"}
DIGEST_SHOWN = 16


class OrderTable:
    """Each row leads to the report itself."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        columns = [Column(viewer.say(f"console.report.column.{name}"), right=name == "size") for name in COLUMNS]
        columns.append(Column("", right=True, nowrap=True))
        self._table = RowTable(columns, viewer.say("console.report.none"), "orders")

    def show(self, orders: Sequence[ReportOrder], now_ms: int) -> None:
        self._table.show([order_row(one, self._viewer, now_ms) for one in orders])


def order_row(order: ReportOrder, viewer: Viewer, now_ms: int) -> Row:
    cells: tuple[Shown, ...] = (
        report_title(order.report, viewer),
        order.period,
        Cell(near_time(order.ordered_ms, now_ms), order.ordered_by),
        progress_cell(order, viewer),
        Cell(order.package or MISSING, order.digest[:DIGEST_SHOWN] + "…" if order.digest else ""),
        size_words(order.size),
        take_cell(order, viewer),
    )
    return Row(order.order_id, cells, href=f"/reports/{order.order_id}")


def progress_cell(order: ReportOrder, viewer: Viewer) -> Shown:
    """A bar with the step while it is being made, else the state."""
    if order.state is OrderState.RUNNING:
        return span_bar(step_words(order, viewer), order.progress)
    below = order.error or "" if order.state is OrderState.FAILED else ""
    return Chip(viewer.say(f"report.state.{order.state.value}"), TONES[order.state], below)


def take_cell(order: ReportOrder, viewer: Viewer) -> Shown:
    """A link to the package once there is one."""
    if order.state is not OrderState.DONE:
        return ""
    words = escape(viewer.say("console.report.take"))
    return Markup(f'<a href="{package_address(order)}" download data-testid="take">{words}</a>')


def package_address(order: ReportOrder) -> str:
    """Where the sealed package is handed out to whoever is signed in."""
    return f"/api/v1/reports/{quote(order.order_id)}/package"


def step_words(order: ReportOrder, viewer: Viewer) -> str:
    """What is being done, and how far."""
    step = viewer.say(order.step) if order.step else viewer.say(f"report.state.{order.state.value}")
    return f"{step} {100 * order.progress:.0f} %"


def report_title(report_id: str, viewer: Viewer) -> str:
    return viewer.say(f"report.{report_id}.title")


def size_words(size: int | None) -> str:
    """Bytes as people read them."""
    if size is None:
        return MISSING
    return f"{size / 1024:,.0f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:,.1f} MiB"
