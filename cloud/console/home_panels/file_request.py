"""One button for every service that somebody may ask for."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show
from cloud.console.session import Viewer
from cloud.core.access import Permission
from cloud.desks.requests import services_for
from cloud.services.catalogue import Service

ICONS = {"room": "meeting_room", "vehicle": "directions_car"}


def read(console: Console, viewer: Viewer) -> tuple[Service, ...]:
    return tuple(one for one in services_for(viewer.principal) if "staff" in one.audience)


def build(console: Console, viewer: Viewer) -> Show:
    """Each leads to the form of its service."""
    box = tag(ui.element("div").classes("xt-services"), "file-request")

    def show(services: tuple[Service, ...]) -> None:
        box.clear()
        with box:
            for service in services:
                link = ui.link(target=f"/requests?service={service.code}").classes("xt-service")
                with tag(link, f"file-{service.code}"):
                    ui.icon(ICONS.get(service.booking or "", "edit_note"))
                    with ui.element("span"):
                        ui.label(service.name[viewer.language]).classes("xt-service-name")
                        ui.label(console.department_name(service.department, viewer)).classes("xt-note")

    return show


PANEL = HomePanel(
    title="console.home.file.title",
    permission=Permission.FILE_REQUEST,
    weight=40,
    side="right",
    read=read,
    build=build,
    age_s=600.0,
)
