"""Everybody's first page, put together from the cards that are for them."""

from __future__ import annotations

import logging
from typing import Any

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import HOME, StatusLight, frame, guarded_page
from cloud.console.home_panel import HomePanel, Show, may_open, panels_for
from cloud.console.live import LiveLoop
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.console.views.mine import departments_of
from cloud.core.access import Permission

log = logging.getLogger(__name__)

REFRESH_S = 4.0


def register(console: Console) -> None:
    """Route `/home`."""

    @guarded_page(console, HOME, Permission.READ_SELF)
    async def home_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, HOME, viewer.say("console.nav.home")) as light:
            HomePage(console, viewer, light).build()


class HomePage:
    """Who one is here, and a grid of cards; one that cannot be read says so and leaves the others alone."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._cards: list[tuple[str, HomePanel, Show, ui.label]] = []
        self._shown: dict[str, Any] = {}

    def build(self) -> None:
        viewer = self._viewer
        with ui.element("div").classes("xt-home-head"):
            tag(ui.label(self._who()).classes("xt-title"), "home-of")
            ui.label(viewer.say("console.home.greeting", name=viewer.principal.name)).classes("xt-note")
        cards = panels_for(self._console, viewer)
        with tag(ui.element("div").classes("xt-home"), "home"):
            self._stack([one for one in cards if one[1].side == "whole"], "whole")
            with ui.element("div").classes("xt-home-sides"):
                for side in ("left", "right"):
                    self._stack([one for one in cards if one[1].side == side], side)
        loop = LiveLoop(self._console.services, viewer, self._light.show)
        loop.every(REFRESH_S, self._read, self._draw)

    def _who(self) -> str:
        """The departments one answers for, else one's roles and where one belongs."""
        console, viewer = self._console, self._viewer
        own = departments_of(console.departments, viewer.principal)
        if own:
            return viewer.say("console.and").join(console.department_name(one, viewer) for one in own)
        names = sorted(viewer.say(f"console.role.{one.value}") for one in viewer.principal.roles)
        department = viewer.principal.department
        return " · ".join([*names, *([console.department_name(department, viewer)] if department else [])])

    def _stack(self, cards: list[tuple[str, HomePanel]], side: str) -> None:
        if cards:
            with ui.element("div").classes(f"xt-stack xt-home-{side}"):
                self._cards += [self._card(name, card) for name, card in cards]

    def _card(self, name: str, card: HomePanel) -> tuple[str, HomePanel, Show, ui.label]:
        viewer = self._viewer
        with tag(ui.element("div"), f"card-{name}"):
            if not card.has_frame:
                show = card.build(self._console, viewer)
                return name, card, show, self._trouble()
            with panel(viewer.say(card.title)) as head:
                if card.more and may_open(viewer, card.more):
                    with head:
                        ui.link(viewer.say("console.home.more"), card.more).classes("xt-more")
                show = card.build(self._console, viewer)
                return name, card, show, self._trouble()

    def _trouble(self) -> ui.label:
        label = ui.label(self._viewer.say("console.home.unreadable")).classes("xt-nothing")
        label.set_visibility(False)
        return label

    def _read(self) -> dict[str, Any]:
        return {name: self._read_one(name, card) for name, card, _, _ in self._cards}

    def _read_one(self, name: str, card: HomePanel) -> Any:
        """The card's view; None when it cannot be read."""
        console, viewer = self._console, self._viewer
        key = ("home", name, viewer.principal, viewer.language)
        try:
            return console.shared.get(key, card.age_s * 0.9, lambda: card.read(console, viewer))
        except Exception:
            log.exception("console: the card %s cannot be read", name)
            return None

    def _draw(self, views: dict[str, Any]) -> None:
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        for name, _, show, trouble in self._cards:
            if self._shown.get(name) is not views[name] or views[name] is None:
                trouble.set_visibility(not _is_drawn(name, show, views[name]))
                self._shown[name] = views[name]


def _is_drawn(name: str, show: Show, view: Any) -> bool:
    """Whether a card shows its view; a mistake in one card leaves the others alone."""
    if view is None:
        return False
    try:
        show(view)
    except Exception:
        log.exception("console: the card %s cannot be drawn", name)
        return False
    return True
