"""What the institution does, in one line: what is open at the two centres, and what they hand each other."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show, may_open
from cloud.console.session import Viewer
from cloud.core.access import Permission
from cloud.desks.loop_counts import LOOKED_BACK_DAYS, LoopCounts, read_loop_counts


def read(console: Console, viewer: Viewer) -> LoopCounts:
    return read_loop_counts(console.services, viewer.principal, viewer.principal.institution_ids)


def build(console: Console, viewer: Viewer) -> Show:
    """Two centres and the two ways between them."""
    say = viewer.say
    with tag(ui.element("section").classes("xt-card xt-two-centres"), "two-centres"):
        risks = _centre(viewer, "risk", "/risks")
        forth = _way(viewer, "forth")
        services = _centre(viewer, "service", "/requests")
        back = _way(viewer, "back")

    def show(counts: LoopCounts) -> None:
        risks[0].set_text(f"{counts.open_risks:,}")
        risks[1].set_text(say("console.home.loop.risk_below", n=f"{counts.severe_risks:,}"))
        forth.set_text(say("console.home.loop.forth", n=f"{counts.handed_over:,}"))
        services[0].set_text(f"{counts.open_requests:,}")
        services[1].set_text(say("console.home.loop.service_below", n=f"{counts.overdue_requests:,}"))
        facts = {"rated": f"{counts.rated:,}", "judged": f"{counts.judged:,}", "days": LOOKED_BACK_DAYS}
        back.set_text(say("console.home.loop.back", **facts))

    return show


def _centre(viewer: Viewer, name: str, path: str) -> tuple[ui.label, ui.label]:
    """The number and what stands below it."""
    with ui.element("div").classes(f"xt-centre xt-centre-{name}"):
        title = viewer.say(f"console.home.loop.{name}")
        if may_open(viewer, path):
            ui.link(title, path).classes("xt-centre-name")
        else:
            ui.label(title).classes("xt-centre-name")
        with ui.element("div").classes("xt-tile-number"):
            number = tag(ui.label("").classes("xt-number"), f"loop-{name}")
            ui.label(viewer.say(f"console.home.loop.{name}_unit")).classes("xt-unit")
        below = ui.label("").classes("xt-note")
    return number, below


def _way(viewer: Viewer, name: str) -> ui.label:
    with ui.element("div").classes("xt-way"):
        ui.icon("east" if name == "forth" else "replay").classes("xt-way-sign")
        return ui.label("").classes("xt-note")


PANEL = HomePanel(
    title="console.home.loop.title",
    permission=Permission.READ_SELF,
    weight=0,
    side="whole",
    read=read,
    build=build,
    age_s=10.0,
    has_frame=False,
)
