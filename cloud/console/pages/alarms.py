"""Open alarms by severity: what waits for an answer, acknowledging, shelving, and how many come in an hour."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.field_inputs import FieldInput
from cloud.console.components.form_dialog import ask
from cloud.console.components.panel import panel
from cloud.console.components.risk.alarm_card import open_alarm_card
from cloud.console.components.risk.alarm_table import ACKNOWLEDGE, SHELVE, UNSHELVE, AlarmTable
from cloud.console.components.tag import tag
from cloud.console.components.tiles import Tile
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import Shown, clock_time
from cloud.console.risk_words import RiskWords, read_risk_words
from cloud.console.session import Viewer
from cloud.console.views.alarm_board import ACCEPTABLE_PER_HOUR, AlarmLine, raised_in_last_day, read_open_alarms
from cloud.console.views.newest_events import EVERY
from cloud.core.access import Permission
from cloud.core.event import Severity
from cloud.desks.alarms import acknowledge_alarm, events_of_alarm, shelve_alarm, unshelve_alarm
from cloud.risk.alarm import Alarm, AlarmState

REFRESH_S, RATE_AGE_S = 3.0, 60.0
SHELVED_MINUTES = 60
TILES = ("open", "waiting", "shelved", "rate")

View = tuple[tuple[AlarmLine, ...], int, RiskWords]


def register(console: Console) -> None:
    """Route `/alarms`."""

    @guarded_page(console, "/alarms", Permission.READ_ALARMS)
    async def alarms_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/alarms", viewer.say("console.nav.alarms")) as light:
            AlarmsPage(console, viewer, light).build()


class AlarmsPage:
    """Tiles above the table."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._view: View | None = None
        self._department, self._only_waiting = EVERY, False
        self._has_changed = False

    def build(self) -> None:
        say = self._viewer.say
        # Dialogs hang here: the table whose rows ask for them is redrawn under them.
        self._anchor = ui.element("div").classes("xt-anchor")
        with ui.element("div").classes("xt-tiles xt-tiles-4"):
            self._tiles = {name: Tile(say(f"console.alarm.tile.{name}"), f"tile-{name}") for name in TILES}
        with panel(say("console.alarm.heading"), note=say("console.alarm.hint"), classes="xt-alarms") as head:
            with head:
                ui.element("div").classes("xt-grow")
                self._filters()
            self._table = AlarmTable(self._console, self._viewer, self._press)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _filters(self) -> None:
        viewer = self._viewer
        departments = {EVERY: viewer.say("console.event.all_departments")}
        departments |= {one.id: one.name[viewer.language] for one in self._console.departments.all()}

        def choose() -> None:
            self._department, self._only_waiting = str(department.value or EVERY), bool(waiting.value)
            if self._view is not None:
                self._draw(self._view)

        waiting = tag(ui.switch(viewer.say("console.alarm.only_waiting"), on_change=choose), "only-waiting")
        waiting.props("dense")
        department = tag(ui.select(departments, value=EVERY, on_change=choose), "department").props("dense outlined")

    def _read(self) -> View:
        console, principal = self._console, self._viewer.principal
        raised = console.shared.get(
            scope_key("alarms-of-day", principal), RATE_AGE_S, lambda: raised_in_last_day(console.services, principal)
        )
        lines = console.shared.get(
            scope_key("alarms", principal), self._age_s(), lambda: read_open_alarms(console.services, principal)
        )
        return lines, raised, read_risk_words(console, self._viewer)

    def _age_s(self) -> float:
        """How old a shared read may be: what this page has just changed must be seen at once."""
        return 0.0 if self._has_changed else REFRESH_S / 4

    def _draw(self, view: View) -> None:
        self._has_changed = False
        lines, raised, words = self._view = view
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._show_tiles([one.alarm for one in lines], raised)
        self._table.show([one for one in lines if self._is_chosen(one.alarm)], words, now_ms)

    def _is_chosen(self, alarm: Alarm) -> bool:
        return self._department in (EVERY, alarm.department) and (alarm.is_waiting or not self._only_waiting)

    def _show_tiles(self, alarms: list[Alarm], raised: int) -> None:
        say, tiles = self._viewer.say, self._tiles
        waiting = sum(one.is_waiting for one in alarms)
        shelved = sum(one.state is AlarmState.SHELVED for one in alarms)
        severe = sum(one.severity >= Severity.ORANGE for one in alarms)
        rate = raised / 24
        tiles["open"].show(Shown(f"{len(alarms):,}"), say("console.alarm.tile.open_below", n=severe))
        tiles["waiting"].show(Shown(f"{waiting:,}"), say("console.alarm.tile.waiting_below"), is_alarming=waiting > 0)
        tiles["shelved"].show(Shown(f"{shelved:,}"), say("console.alarm.tile.shelved_below"))
        below = say("console.alarm.tile.rate_below", limit=f"{ACCEPTABLE_PER_HOUR:g}", n=f"{raised:,}")
        unit = say("console.alarm.per_hour")
        tiles["rate"].show(Shown(f"{rate:.1f}", unit), below, is_alarming=rate > ACCEPTABLE_PER_HOUR)

    async def _press(self, alarm_id: str, button: str) -> None:
        services, principal = self._console.services, self._viewer.principal
        if button == ACKNOWLEDGE:
            await self._act(lambda: acknowledge_alarm(services, principal, alarm_id), "console.alarm.acknowledged")
        elif button == UNSHELVE:
            await self._act(lambda: unshelve_alarm(services, principal, alarm_id), "console.alarm.unshelved")
        elif button == SHELVE:
            await self._shelve(alarm_id)
        else:
            await self._open(alarm_id)

    async def _shelve(self, alarm_id: str) -> None:
        services, viewer = self._console.services, self._viewer
        say = viewer.say
        fields = (
            FieldInput("minutes", say("console.alarm.minutes"), "number", required=True, value=SHELVED_MINUTES),
            FieldInput("reason", say("console.alarm.reason"), "long_text", required=True),
        )
        with self._anchor:
            title, hint = say("console.alarm.shelve_title"), say("console.alarm.shelve_hint")
            entered = await ask(viewer, title, fields, say("console.alarm.shelve"), hint=hint)
        if entered is None:
            return
        minutes, reason = float(entered.get("minutes", 0)), str(entered.get("reason", ""))
        await self._act(
            lambda: shelve_alarm(services, viewer.principal, alarm_id, minutes=minutes, reason=reason),
            "console.alarm.was_shelved",
        )

    async def _act(self, change: Callable[[], Any], told: str) -> None:
        with self._anchor:
            if await self._console.act(self._viewer, change) is not None:
                ui.notify(self._viewer.say(told), type="positive", position="top")
            self._has_changed = True
            await self._refresh()

    async def _open(self, alarm_id: str) -> None:
        services, viewer = self._console.services, self._viewer
        line = next((one for one in (self._view or ((),))[0] if one.alarm.alarm_id == alarm_id), None)
        with self._anchor:
            events = await self._console.act(viewer, lambda: events_of_alarm(services, viewer.principal, alarm_id))
            words = await asyncio.to_thread(read_risk_words, self._console, viewer)
            if events is not None and line is not None:
                open_alarm_card(line, events, words, services.clock.now_ms())
