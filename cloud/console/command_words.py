"""A command in the viewer's language."""

from __future__ import annotations

from cloud.console.numbers import show_value
from cloud.console.point_words import point_name
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.core.command_record import CommandRecord
from foundation.texts import load_texts


def target_name(record: CommandRecord, places: Places, viewer: Viewer) -> str:
    """Name of the device that is commanded."""
    return viewer.name(places.device_name(record.request.group, record.request.device))


def order_words(record: CommandRecord, places: Places, viewer: Viewer) -> str:
    """What a command asks for: point and value with unit, or giving the point back."""
    request = record.request
    if request.settings:
        return ", ".join(f"{setting_name(viewer, key)} → {text}" for key, text in request.settings.items())
    placed = places.device(request.group, request.device)
    point = next((one for one in placed.registered.points if one.name == request.point), None) if placed else None
    name = point_name(viewer, request.point)
    if request.value is None:
        return viewer.say("console.loop.give_back", point=name)
    return f"{name} → {show_value(request.value, point.unit if point else '', viewer.language)}"


def setting_name(viewer: Viewer, key: str) -> str:
    """A setting of a device as people call it; a number that only its profile knows keeps its own name."""
    text = f"console.setting.{key}"
    return viewer.say(text) if text in load_texts() else key.rpartition(".")[2]
