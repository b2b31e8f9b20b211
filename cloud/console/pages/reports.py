"""Reports: what was ordered and how far it is, and ordering another one."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.books.report_orders import OrderTable, report_title
from cloud.console.components.institution_choice import InstitutionChoice
from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.console.views.energy_month import last_full_month, period_choices
from cloud.core.access import Permission
from cloud.desks.reports import order_report, orders, reports
from cloud.reporting.order import ReportOrder

REFRESH_S = 1.0
LIMIT = 100
FIRST = "energy_month"
"""The report that is ordered most stands first."""


def register(console: Console) -> None:
    """Route `/reports`."""

    @guarded_page(console, "/reports", Permission.READ_REPORTS)
    async def reports_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/reports", viewer.say("console.nav.reports")) as light:
            await ReportsPage(console, viewer, light).build()


class ReportsPage:
    """The form for those who may order, and the list, newest first."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light

    async def build(self) -> None:
        say = self._viewer.say
        self._institution = await InstitutionChoice.read(self._console, self._viewer)
        self._anchor = ui.element("div").classes("xt-anchor")
        if self._viewer.may(Permission.ORDER_REPORT) and not self._institution.is_empty:
            with panel(say("console.report.order"), note=say("console.report.order_hint")):
                self._form()
        with panel(say("console.nav.reports"), note=say("console.report.hint")):
            self._table = OrderTable(self._viewer)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _form(self) -> None:
        viewer, now_ms = self._viewer, self._console.services.clock.now_ms()
        kinds = {
            one.report_id: one for one in sorted(reports(viewer.principal), key=lambda one: one.report_id != FIRST)
        }
        titles = {name: report_title(name, viewer) for name in kinds}

        def periods() -> list[str]:
            report = kinds[str(kind.value)]
            return [str(one) for one in period_choices(now_ms) if report.takes(one)]

        def choose_kind() -> None:
            fitting = periods()
            wanted = str(last_full_month(now_ms))
            period.set_options(fitting, value=wanted if wanted in fitting else fitting[0])

        async def order() -> None:
            await self._order(str(kind.value), str(period.value))

        with ui.element("div").classes("xt-choosers"):
            self._institution.build(self._nothing)
            kind = tag(
                ui.select(titles, label=viewer.say("console.report.kind"), value=next(iter(titles))), "report-kind"
            )
            period = tag(ui.select([], label=viewer.say("console.account.period")), "report-period")
            for select in (kind, period):
                select.props("dense outlined").classes("xt-chooser")
            choose_kind()
            kind.on_value_change(choose_kind)
            button = tag(ui.button(viewer.say("console.report.do_order"), icon="description", on_click=order), "order")
            button.props("unelevated no-caps").classes("xt-button")

    async def _nothing(self) -> None:
        """Another institution changes nothing until something is ordered."""

    async def _order(self, report: str, period: str) -> None:
        console, viewer, institution_id = self._console, self._viewer, self._institution.value

        def order() -> ReportOrder:
            return order_report(console.services, viewer.principal, institution_id, report, period)

        with self._anchor:
            made = await console.act(viewer, order)
            if made is not None:
                text = viewer.say("console.report.ordered", title=report_title(made.report, viewer), period=made.period)
                ui.notify(text, type="positive", position="top")
        await self._refresh()

    def _read(self) -> list[ReportOrder]:
        services, principal = self._console.services, self._viewer.principal
        return self._console.shared.get(
            scope_key("reports", principal), REFRESH_S * 0.5, lambda: orders(services, principal, limit=LIMIT)
        )

    def _draw(self, found: list[ReportOrder]) -> None:
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._table.show(found, now_ms)
