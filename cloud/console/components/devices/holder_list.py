"""Who holds the points of one device: value, level, until when, on whose word."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console.components.panel import empty
from cloud.console.components.tag import tag
from cloud.console.numbers import clock_time, show_value
from cloud.console.point_words import point_name
from cloud.console.session import Viewer
from cloud.console.views.places import PlacedDevice
from cloud.desks.holders import Holder


class HolderList:
    """One line per held level; the one in force stands out."""

    def __init__(self, viewer: Viewer, device: PlacedDevice) -> None:
        self._viewer = viewer
        self._units = {point.name: point.unit for point in device.registered.points}
        self._shown: Sequence[Holder] | None = None
        self._box = tag(ui.element("div"), "holders")

    def show(self, found: Sequence[Holder]) -> None:
        """Draw the holders; the same ones again change nothing."""
        if found == self._shown:
            return
        self._shown = found
        self._box.clear()
        with self._box:
            if not found:
                empty(self._viewer.say("console.device.not_held"))
            for one in found:
                ui.label(holder_words(one, self._units, self._viewer)).classes("" if one.is_winner else "xt-stale")


def holder_words(holder: Holder, units: dict[str, str], viewer: Viewer) -> str:
    """A holder as one sentence."""
    request = holder.record.request
    return viewer.say(
        "console.device.held",
        point=point_name(viewer, request.point),
        value=show_value(request.value, units.get(request.point, ""), viewer.language),
        priority=request.priority,
        until=clock_time(holder.until_ms),
        by=holder.record.approved_by or request.proposed_by,
    )
