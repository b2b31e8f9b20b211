"""A department at a glance: how many of its risks, alarms, requests, grants and cases wait for an answer."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.severity import severity_name
from cloud.console.components.tag import tag
from cloud.console.components.tiles import Tile
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show, has_department, may_open
from cloud.console.numbers import Shown
from cloud.console.session import Viewer
from cloud.console.views.mine import Waiting, departments_of, waiting_for
from cloud.core.access import Permission
from cloud.core.event import Severity

PAGES = {"risks": "/risks", "alarms": "/alarms", "requests": "/requests", "grants": "/datasets", "cases": "/cases"}


def read(console: Console, viewer: Viewer) -> Waiting:
    mine = departments_of(console.departments, viewer.principal)
    return waiting_for(console.services, viewer.principal, mine)


def build(console: Console, viewer: Viewer) -> Show:
    """A row of tiles, each of which leads to its page."""
    say, tiles = viewer.say, {}
    with ui.element("div").classes("xt-tiles xt-tiles-5"):
        for name, path in PAGES.items():
            address = f'href="{path}"' if may_open(viewer, path) else ""
            with tag(ui.element("a").props(address).classes("xt-tile-link"), f"to-{name}"):
                tiles[name] = Tile(say(f"console.home.glance.{name}"), f"mine-{name}")

    def show(waiting: Waiting) -> None:
        colours = viewer.say("console.and").join(
            say("console.home.glance.of_colour", n=count, colour=severity_name(colour, viewer))
            for colour, count in waiting.by_colour
        )
        is_severe = any(colour >= Severity.ORANGE for colour, _ in waiting.by_colour)
        tiles["risks"].show(Shown(f"{waiting.risks:,}"), colours, is_alarming=is_severe)
        below = say("console.home.glance.alarms_below")
        tiles["alarms"].show(Shown(f"{waiting.alarms:,}"), below, is_alarming=waiting.alarms > 0)
        below = say("console.home.glance.overdue", n=f"{waiting.overdue:,}")
        tiles["requests"].show(Shown(f"{waiting.requests:,}"), below, is_alarming=waiting.overdue > 0)
        tiles["grants"].show(Shown(f"{waiting.grants:,}"), say("console.home.glance.grants_below"))
        tiles["cases"].show(Shown(f"{waiting.cases:,}"), say("console.home.glance.cases_below"))

    return show


PANEL = HomePanel(
    title="console.home.glance.title",
    permission=Permission.READ_RISKS,
    weight=10,
    side="whole",
    read=read,
    build=build,
    applies=has_department,
    has_frame=False,
)
