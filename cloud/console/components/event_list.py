"""Events as rows: a coloured bar for the severity, the sentence, department and time."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console.components.panel import empty
from cloud.console.context import Console
from cloud.console.event_words import sentence
from cloud.console.numbers import near_time
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.core.event import LoggedEvent


class EventList:
    """Redrawn only when the events changed."""

    def __init__(self, console: Console, viewer: Viewer) -> None:
        self._console, self._viewer = console, viewer
        self._drawn: tuple[LoggedEvent, ...] | None = None
        self._box = ui.element("div").classes("xt-events").mark("events")

    def show(self, events: Sequence[LoggedEvent], places: Places, now_ms: int) -> None:
        if tuple(events) == self._drawn:
            return
        self._drawn = tuple(events)
        self._box.clear()
        with self._box:
            if not events:
                empty(self._viewer.say("console.event.none"))
            for logged in events:
                self._row(logged, places, now_ms)

    def _row(self, logged: LoggedEvent, places: Places, now_ms: int) -> None:
        event, viewer = logged.event, self._viewer
        severity = event.severity.name.lower()
        with ui.element("div").classes(f"xt-event xt-severity-{severity}"):
            ui.label(viewer.say(f"console.severity.{severity}")).classes("xt-severity")
            ui.label(sentence(event, viewer, places)).classes("xt-event-words")
            if event.is_late:
                ui.label(viewer.say("console.event.late")).classes("xt-chip xt-late")
            ui.label(self._console.department_name(event.department, viewer)).classes("xt-event-department")
            ui.label(near_time(event.occurred_ms, now_ms)).classes("xt-time")
