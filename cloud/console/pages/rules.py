"""The risk library: every rule with what its labels taught and what it will probably bring, and its definition."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.panel import panel
from cloud.console.components.risk.rule_card import nothing_chosen, rule_card
from cloud.console.components.risk.rule_table import APPROVE, RuleTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import clock_time
from cloud.console.risk_words import RiskWords, read_risk_words
from cloud.console.session import Viewer
from cloud.console.views.newest_events import EVERY
from cloud.core.access import Permission
from cloud.desks.rules import RuleView, approve_rule, rules_for

REFRESH_S = 10.0

View = tuple[list[RuleView], RiskWords]


def register(console: Console) -> None:
    """Route `/rules`."""

    @guarded_page(console, "/rules", Permission.READ_ALARMS)
    async def rules_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/rules", viewer.say("console.nav.rules")) as light:
            RulesPage(console, viewer, light).build()


class RulesPage:
    """The library beside the definition of the chosen rule."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._view: View | None = None
        self._department, self._chosen, self._drawn = EVERY, "", ""
        self._has_changed = False

    def build(self) -> None:
        say = self._viewer.say
        self._anchor = ui.element("div").classes("xt-anchor")
        with ui.element("div").classes("xt-grid xt-grid-rules"):
            with panel(say("console.nav.rules"), note=say("console.rule.hint")) as head:
                with head:
                    self._count = tag(ui.label("").classes("xt-note"), "rule-count")
                    ui.element("div").classes("xt-grow")
                    self._filter()
                self._table = RuleTable(self._console, self._viewer, self._press)
            with panel(say("console.rule.definition"), classes="xt-beside"):
                self._card = ui.element("div")
                with self._card:
                    nothing_chosen(self._viewer)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _filter(self) -> None:
        viewer = self._viewer
        departments = {EVERY: viewer.say("console.event.all_departments")}
        departments |= {one.id: one.name[viewer.language] for one in self._console.departments.all()}

        def choose() -> None:
            self._department = str(department.value or EVERY)
            self._draw_again()

        department = tag(ui.select(departments, value=EVERY, on_change=choose), "department").props("dense outlined")

    def _read(self) -> View:
        services, principal = self._console.services, self._viewer.principal
        key = scope_key("rules", principal)
        rules = self._console.shared.get(
            key, self._age_s(), lambda: rules_for(services, principal, principal.institution_ids)
        )
        return rules, read_risk_words(self._console, self._viewer)

    def _draw_again(self) -> None:
        if self._view is not None:
            self._draw(self._view)

    def _age_s(self) -> float:
        """How old a shared read may be: what this page has just changed must be seen at once."""
        return 0.0 if self._has_changed else REFRESH_S / 4

    def _draw(self, view: View) -> None:
        self._has_changed = False
        rules, words = self._view = view
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        shown = [one for one in rules if self._department in (EVERY, one.department)]
        in_force = sum(one.is_in_force for one in shown)
        self._count.set_text(self._viewer.say("console.rule.count", n=len(shown), in_force=in_force))
        self._table.show(shown, self._chosen)
        chosen = next((one for one in rules if one.rule.rule_id == self._chosen), None)
        if chosen is not None and self._drawn != (drawn := _known(chosen)):
            self._drawn = drawn
            self._card.clear()
            with self._card:
                rule_card(self._console, chosen, words)

    async def _press(self, rule_id: str, button: str) -> None:
        if button == APPROVE:
            await self._approve(rule_id)
        else:
            self._chosen = rule_id
            self._draw_again()

    async def _approve(self, rule_id: str) -> None:
        services, viewer = self._console.services, self._viewer
        principal = viewer.principal
        with self._anchor:
            approved = await self._console.act(
                viewer, lambda: approve_rule(services, principal, rule_id, principal.institution_ids)
            )
            if approved is not None:
                ui.notify(viewer.say("console.rule.was_approved", rule=rule_id), type="positive", position="top")
            self._has_changed = True
            await self._refresh()


def _known(view: RuleView) -> str:
    """What the definition is drawn anew for: the precision fades by itself all the time."""
    labels = view.precision.labels if view.precision is not None else None
    return f"{view.rule.rule_id}/{view.is_in_force}/{labels}"
