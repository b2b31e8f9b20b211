"""Events as rows: a coloured bar for the severity, the sentence, department and time."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console.components.panel import empty
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.event_words import sentence
from cloud.console.numbers import near_time
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.core.event import LoggedEvent


class EventList:
    """Rows are added and taken away one by one, so that a long list costs nothing while nothing happens."""

    def __init__(self, console: Console, viewer: Viewer) -> None:
        self._console, self._viewer = console, viewer
        self._rows: dict[int, ui.element] = {}
        self._box = tag(ui.element("div").classes("xt-events"), "events")
        with self._box:
            self._nothing = ui.element("div")
            with self._nothing:
                empty(viewer.say("console.event.none"))
        self._nothing.set_visibility(False)

    def show(self, events: Sequence[LoggedEvent], places: Places, now_ms: int) -> None:
        """Bring the list to these events, newest first."""
        self._nothing.set_visibility(not events)
        positions = {logged.position for logged in events}
        for position in [one for one in self._rows if one not in positions]:
            self._rows.pop(position).delete()
        for place, logged in enumerate(events):
            if logged.position not in self._rows:
                with self._box:
                    self._rows[logged.position] = self._row(logged, places, now_ms)
                self._rows[logged.position].move(self._box, target_index=place)

    def _row(self, logged: LoggedEvent, places: Places, now_ms: int) -> ui.element:
        event, viewer = logged.event, self._viewer
        severity = event.severity.name.lower()
        with ui.element("div").classes(f"xt-event xt-severity-{severity}") as row:
            ui.label(viewer.say(f"console.severity.{severity}")).classes("xt-severity")
            ui.label(sentence(event, viewer, places)).classes("xt-event-words")
            if event.is_late:
                ui.label(viewer.say("console.event.late")).classes("xt-chip xt-late")
            ui.label(self._console.department_name(event.department, viewer)).classes("xt-event-department")
            ui.label(near_time(event.occurred_ms, now_ms)).classes("xt-time")
        return row
