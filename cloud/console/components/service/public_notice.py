"""The published notice: its headline figures, what was used, the verdict by quota, and where the sealed one is."""

from __future__ import annotations

from urllib.parse import urlencode

from nicegui import ui

from cloud.console.components.panel import empty, panel
from cloud.console.components.row_table import Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.numbers import MISSING, date_time
from cloud.console.session import Viewer
from cloud.console.views.public_board import NoticeFigure, NoticeTable, PublicBoard, notice_of
from cloud.energy.carrier import DISPLAY_UNITS, from_base
from cloud.reporting.display import number_text, unit_text

SEALED_PAGE = "/api/v1/disclosure/page"


def notice_panel(board: PublicBoard, viewer: Viewer) -> None:
    """Says so while nothing has been published."""
    say, disclosure = viewer.say, board.notice
    if disclosure is None:
        with panel(say("public.notice")):
            empty(say("public.no_notice"))
        return
    notice = notice_of(disclosure, viewer.language)
    note = say("public.published", period=disclosure.period, at=date_time(disclosure.published_ms))
    with tag(ui.element("div"), "notice"), panel(say("public.notice"), note=note):
        with ui.element("div").classes("xt-notice-figures"):
            for figure in notice.figures:
                _figure(figure, viewer)
        for number, table in enumerate(notice.tables):
            _table(table, viewer, f"notice-table-{number}")
        for remark in notice.remarks:
            ui.label(remark).classes("xt-note")
        wanted = {"institution": disclosure.institution_id, "language": viewer.language, "period": disclosure.period}
        ui.link(say("public.sealed"), f"{SEALED_PAGE}?{urlencode(wanted)}").classes("xt-note")


def year_panel(board: PublicBoard, viewer: Viewer) -> None:
    """What the whole institution used in the last year that may be published, and how much of the year that covers."""
    say, language = viewer.say, viewer.language
    columns = [
        Column(say("public.carrier")), Column(say("public.quantity"), right=True), Column(say("public.covered"))
    ]  # fmt: skip
    with panel(say("public.year", year=str(board.view.year))):
        table = RowTable(columns, say("public.year_none"), "public-year")
        rows = []
        for used in board.view.energy:
            quantity = say(used.missing) if used.missing else MISSING
            if used.quantity is not None:
                unit = unit_text(DISPLAY_UNITS[used.carrier], language)
                quantity = f"{number_text(from_base(used.carrier, used.quantity), 0)} {unit}"
            covered = say("public.covers", share=f"{100 * used.covered_share:.0f}")
            rows.append(Row(used.carrier, (say(f"energy_account.carrier.{used.carrier}"), quantity, covered)))
        table.show(rows)


def _figure(figure: NoticeFigure, viewer: Viewer) -> None:
    with ui.element("div").classes("xt-notice-figure"):
        ui.label(figure.label).classes("xt-tile-title")
        with ui.element("div").classes("xt-tile-number"):
            ui.label(figure.text or viewer.say("public.to_be_completed")).classes("xt-panel-number")
            ui.label(figure.unit if figure.text else "").classes("xt-unit")
        if figure.missing:
            ui.label(figure.missing).classes("xt-note")


def _table(table: NoticeTable, viewer: Viewer, marker: str) -> None:
    ui.label(table.title).classes("xt-field-title")
    shown = RowTable([Column(one) for one in table.columns], viewer.say("public.no_verdict"), marker)
    shown.show([Row(f"{number}", row) for number, row in enumerate(table.rows)])
