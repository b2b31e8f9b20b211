"""One button for every service that somebody may ask for; each opens its form."""

from __future__ import annotations

import asyncio

from nicegui import ui

from cloud.console.components.service.request_form import RequestForm
from cloud.console.components.service.service_cards import ICONS, OTHER_ICON
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show
from cloud.console.service_words import read_service_words
from cloud.console.session import Viewer
from cloud.core.access import Permission
from cloud.desks.requests import services_for
from cloud.services.catalogue import Service


def read(console: Console, viewer: Viewer) -> tuple[Service, ...]:
    return tuple(one for one in services_for(viewer.principal) if "staff" in one.audience)


def build(console: Console, viewer: Viewer) -> Show:
    """Icon, name, and the department that serves it."""
    anchor = ui.element("div").classes("xt-anchor")
    box = tag(ui.element("div").classes("xt-services"), "file-request")

    async def open_form(service: Service) -> None:
        words = await asyncio.to_thread(read_service_words, console, viewer)
        with anchor:
            await RequestForm(words).open(service)

    def show(services: tuple[Service, ...]) -> None:
        box.clear()
        with box:
            for service in services:
                button = ui.element("button").props("type=button").classes("xt-service")
                button.on("click", lambda _, service=service: open_form(service))
                with tag(button, f"file-{service.code}"):
                    ui.icon(ICONS.get(service.code, OTHER_ICON))
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
