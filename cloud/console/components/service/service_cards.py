"""The services of the catalogue as cards: icon, name, what it is for, and how soon it is answered and done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.service_words import ServiceWords
from cloud.services.catalogue import Service

ICONS = {
    "repair": "handyman",
    "meeting_room": "meeting_room",
    "vehicle": "directions_car",
    "catering": "restaurant",
    "property": "cleaning_services",
    "visitor": "badge",
    "public_request": "campaign",
    "suggestion": "lightbulb",
}
OTHER_ICON = "assignment"


def service_cards(
    services: Iterable[Service], words: ServiceWords, on_choose: Callable[[Service], Awaitable[None]]
) -> None:
    """`on_choose` is told which one was pressed."""
    with ui.element("div").classes("xt-service-cards"):
        for service in services:
            _card(service, words, on_choose)


def _card(service: Service, words: ServiceWords, on_choose: Callable[[Service], Awaitable[None]]) -> None:
    language = words.viewer.language

    async def choose() -> None:
        await on_choose(service)

    with tag(ui.element("button").props("type=button").classes("xt-service-card"), f"service-{service.code}") as card:
        ui.icon(ICONS.get(service.code, OTHER_ICON))
        with ui.element("span"):
            ui.label(service.name[language]).classes("xt-field-title")
            ui.label(service.description[language]).classes("xt-note")
            for level in filter(None, (words.level(service), words.urgent_level(service))):
                ui.label(level).classes("xt-service-level")
    card.on("click", choose)
