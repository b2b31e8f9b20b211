"""One report: its progress, the sealed package to carry away, the proof that it is intact, and its figures."""

from __future__ import annotations

import asyncio

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.books.report_figures import ReportFigures
from cloud.console.components.books.report_orders import report_title, size_words, step_words
from cloud.console.components.facts import facts
from cloud.console.components.panel import empty, panel
from cloud.console.components.row_table import Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page, refuse
from cloud.console.live import LiveLoop
from cloud.console.numbers import MISSING, clock_time, date_time
from cloud.console.session import Viewer
from cloud.console.views.report_preview import read_preview
from cloud.core.access import Permission
from cloud.desks.reports import find_order, public_key_of, verify_order
from cloud.reporting.order import OrderState, ReportOrder
from cloud.reporting.verdict import CONTAINER, Fault, Verdict
from foundation.errors import DomainError

REFRESH_S = 1.0


def register(console: Console) -> None:
    """Route `/reports/{order_id}`."""

    @guarded_page(console, "/reports/{order_id}", Permission.READ_REPORTS)
    async def report_page(viewer: Viewer, request: Request) -> None:
        order_id = request.path_params["order_id"]
        try:
            order = await asyncio.to_thread(find_order, console.services, viewer.principal, order_id)
        except DomainError:
            refuse(viewer, 404)
            return
        with frame(viewer, "/reports", report_title(order.report, viewer)) as light:
            await ReportPage(console, viewer, light, order).build()


class ReportPage:
    """Head with progress, package and proof, figures below once it is done."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight, order: ReportOrder) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._order = order
        self._drawn: ReportOrder | None = None

    async def build(self) -> None:
        order, say = self._order, self._viewer.say
        title = f"{report_title(order.report, self._viewer)} · {order.period}"
        with panel(title) as head:
            with head:
                ui.element("div").classes("xt-grow")
                ui.link(say("console.report.all"), "/reports").classes("xt-more")
            self._head = ui.element("div").classes("xt-stack")
        with panel(say("console.report.proof"), note=say("console.report.proof_hint")):
            self._proof = tag(ui.element("div").classes("xt-stack"), "proof")
        with panel(say("console.report.figures"), note=say("console.report.figures_hint")):
            self._figures = ui.element("div").classes("xt-stack")
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        loop.every(REFRESH_S, lambda: find_order(self._console.services, self._viewer.principal, order.order_id),
                   self._draw)  # fmt: skip

    def _draw(self, order: ReportOrder) -> None:
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        if order == self._drawn:
            return
        self._drawn = order
        self._draw_head(order)
        self._draw_proof(order)
        self._figures.clear()
        with self._figures:
            if order.state is OrderState.DONE:
                ui.timer(0.05, self._show_figures, once=True)
            else:
                empty(self._viewer.say("console.report.not_done"))

    def _draw_head(self, order: ReportOrder) -> None:
        viewer, say = self._viewer, self._viewer.say
        self._head.clear()
        with self._head:
            if order.state in (OrderState.QUEUED, OrderState.RUNNING):
                tag(ui.label(step_words(order, viewer)), "step")
                bar = ui.linear_progress(order.progress, show_value=False, size="10px").props(
                    "rounded instant-feedback"
                )
                tag(bar, "progress")
            if order.error:
                ui.label(order.error).classes("xt-wrong")
            facts(self._facts(order), "order-facts")
            if order.state is OrderState.DONE:
                with ui.element("div").classes("xt-choosers"):
                    href = f"/api/v1/reports/{order.order_id}/package"
                    link = ui.link(say("console.report.download"), href).props(f'download="{order.package}"')
                    tag(link.classes("xt-link-button"), "download")
                    verify = ui.button(say("console.report.verify"), icon="verified", on_click=self._verify)
                    tag(verify.props("outline no-caps").classes("xt-button"), "verify")

    def _facts(self, order: ReportOrder) -> list[tuple[str, str]]:
        say = self._viewer.say
        return [
            (say("console.report.column.state"), say(f"report.state.{order.state.value}")),
            (say("console.report.column.ordered"), f"{date_time(order.ordered_ms)} · {order.ordered_by}"),
            (say("console.report.finished"), date_time(order.finished_ms)),
            (say("console.report.column.package"), f"{order.package or MISSING} · {size_words(order.size)}"),
            (say("console.report.digest"), order.digest or MISSING),
        ]

    def _draw_proof(self, order: ReportOrder) -> None:
        say, key = self._viewer.say, public_key_of(self._console.services)
        self._proof.clear()
        with self._proof:
            facts([(say("console.report.public_key"), key)], "public-key")
            ui.label(say("console.report.offline")).classes("xt-note")
            package = order.package or say("console.report.package_file")
            command = f"xietong verify {package} --key {key}"
            tag(ui.label(command).classes("xt-code"), "verify-command")
            self._verdict = tag(ui.element("div").classes("xt-stack"), "verdict")

    async def _verify(self) -> None:
        console, viewer, order_id = self._console, self._viewer, self._order.order_id
        verdict = await console.act(viewer, lambda: verify_order(console.services, viewer.principal, order_id))
        if verdict is not None:
            self._show_verdict(verdict)

    def _show_verdict(self, verdict: Verdict) -> None:
        viewer, say = self._viewer, self._viewer.say
        self._verdict.clear()
        with self._verdict:
            if verdict.is_intact:
                with ui.element("div").classes("xt-verdict xt-tone-good"):
                    ui.label(say("console.report.intact")).classes("xt-field-title")
                    for line in verdict.lines(viewer.language, is_pinned=True):
                        ui.label(line)
                return
            ui.label(say("console.report.broken", n=len(verdict.faults))).classes("xt-verdict xt-tone-bad")
            columns = [Column(say(f"console.report.fault.{name}")) for name in ("file", "row", "reason")]
            RowTable(columns, "", "faults").show(
                [fault_row(place, fault, viewer) for place, fault in enumerate(verdict.faults)]
            )

    async def _show_figures(self) -> None:
        services, viewer, order_id = self._console.services, self._viewer, self._order.order_id
        sections = await asyncio.to_thread(read_preview, services, viewer.principal, order_id, viewer.language)
        if sections:
            ReportFigures(viewer, sections)
        else:
            empty(viewer.say("console.report.no_package"))


def fault_row(place: int, fault: Fault, viewer: Viewer) -> Row:
    """Which file, which row of it, and what is wrong."""
    file = viewer.say("console.report.container") if fault.file == CONTAINER else fault.file
    row = MISSING if fault.row is None else f"{fault.row:,}"
    reason = viewer.say(f"verify.fault.{fault.reason}", **(fault.facts or {}))
    return Row(f"{place}", (file, row, reason))
