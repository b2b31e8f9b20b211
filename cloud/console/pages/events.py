"""What happened, by department and severity."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.event_list import EventList
from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.console.views.newest_events import EVERY, matters, read_newest_events
from cloud.console.views.places import Places
from cloud.core.access import Permission, event_departments
from cloud.core.event import Event, LoggedEvent, Severity

REFRESH_S = 2.0
LIMIT = 200


def register(console: Console) -> None:
    """Route `/events`."""

    @guarded_page(console, "/events", Permission.READ_EVENTS)
    async def events_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/events", viewer.say("console.nav.events")) as light:
            EventsPage(console, viewer, light).build()


class EventsPage:
    """Filters and the list, newest first. A filter by department asks the log, the others what came.

    What devices report is shown on request only: the events that follow from it say the same in people's terms.
    """

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._department, self._severity = EVERY, Severity.INFO
        self._shows_reports = False

    def build(self) -> None:
        say = self._viewer.say
        with panel(say("console.nav.events"), classes="xt-fill xt-scroll") as head:
            with head:
                self._count = tag(ui.label("").classes("xt-note"), "event-count")
                ui.element("div").classes("xt-grow")
                self._filters()
            self._list = EventList(self._console, self._viewer)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _filters(self) -> None:
        viewer = self._viewer
        allowed = event_departments(viewer.principal)
        known = [one.id for one in self._console.departments.all() if allowed is None or one.id in allowed]
        departments = {EVERY: viewer.say("console.event.all_departments")}
        departments |= {one: self._console.department_name(one, viewer) for one in known}
        severities = {
            int(one): viewer.say("console.event.from", severity=viewer.say(f"console.severity.{one.name.lower()}"))
            for one in Severity
        }

        async def choose() -> None:
            self._department, self._severity = str(department.value or EVERY), Severity(severity.value or 0)
            self._shows_reports = bool(reports.value)
            await self._refresh()

        reports = tag(ui.switch(viewer.say("console.event.reports"), on_change=choose), "reports")
        department = tag(ui.select(departments, value=EVERY, on_change=choose), "department")
        severity = tag(ui.select(severities, value=0, on_change=choose), "severity")
        for select in (department, severity):
            select.props("dense outlined")

    def _read(self) -> tuple[list[LoggedEvent], Places]:
        console, principal, department = self._console, self._viewer.principal, self._department
        key = scope_key("events", principal), department
        logged = console.shared.get(
            key,
            REFRESH_S * 0.8,
            lambda: read_newest_events(console.services, principal, department=department, limit=LIMIT),
        )
        return [one for one in logged if self._is_chosen(one.event)], console.places(self._viewer)

    def _is_chosen(self, event: Event) -> bool:
        return event.severity >= self._severity and (self._shows_reports or matters(event))

    def _draw(self, view: tuple[list[LoggedEvent], Places]) -> None:
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._count.set_text(self._viewer.say("console.event.count", n=len(view[0])))
        self._list.show(*view, now_ms)
