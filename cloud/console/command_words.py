"""A command in the viewer's language."""

from __future__ import annotations

from cloud.console.numbers import show_value
from cloud.console.point_words import point_name
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.core.command_record import CommandRecord


def target_name(record: CommandRecord, places: Places, viewer: Viewer) -> str:
    """Name of the device that is commanded."""
    return viewer.name(places.device_name(record.request.group, record.request.device))


def order_words(record: CommandRecord, places: Places, viewer: Viewer) -> str:
    """What a command asks for: point and value with unit, or giving the point back."""
    request = record.request
    placed = places.device(request.group, request.device)
    point = next((one for one in placed.registered.points if one.name == request.point), None) if placed else None
    name = point_name(viewer, request.point)
    if request.value is None:
        return viewer.say("console.loop.give_back", point=name)
    return f"{name} → {show_value(request.value, point.unit if point else '', viewer.language)}"
