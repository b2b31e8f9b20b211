"""What one's department answers for, as its manifest and the libraries say: events, rules, services, data."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show, has_department
from cloud.console.session import Viewer
from cloud.console.views.mine import Belongings, belongings_of, departments_of
from cloud.core.access import Permission
from cloud.risk.rule_words import name_of


def read(console: Console, viewer: Viewer) -> Belongings:
    return belongings_of(console.departments, departments_of(console.departments, viewer.principal))


def build(console: Console, viewer: Viewer) -> Show:
    """Names with chips."""
    box = tag(ui.element("dl").classes("xt-facts xt-belongings"), "belongings")

    def show(found: Belongings) -> None:
        box.clear()
        language = viewer.language
        manifests = [console.departments.get(one) for one in found.departments]
        with box:
            _line(viewer, "owner", [viewer.say(f"console.role.{one}") for one in sorted({m.owner for m in manifests})])
            _line(viewer, "rules", [f"{one.rule_id} {name_of(one.rule_id, language)}" for one in found.rules])
            _line(viewer, "services", [one.name[language] for one in found.services])
            _line(viewer, "kinds", [one.name[language] for one in found.kinds])
            _line(viewer, "datasets", [one.name[language] for one in found.datasets])
            _line(viewer, "events", [family.rstrip(".") for one in manifests for family in one.events])

    return show


def _line(viewer: Viewer, name: str, words: list[str]) -> None:
    with ui.element("dt"):
        ui.label(viewer.say(f"console.home.belongings.{name}"))
    with ui.element("dd"):
        for one in words or [viewer.say("console.home.belongings.none")]:
            ui.label(one).classes("xt-chip")


PANEL = HomePanel(
    title="console.home.belongings.title",
    permission=Permission.READ_RISKS,
    weight=22,
    side="right",
    read=read,
    build=build,
    applies=has_department,
    age_s=600.0,
)
