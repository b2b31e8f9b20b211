"""Where the vehicles stand: moving, parked or silent, for whose department keeps the vehicle book."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Chip, Row
from cloud.console.context import Console
from cloud.console.curves import number
from cloud.console.home_panel import HomePanel, keeping
from cloud.console.numbers import age, show
from cloud.console.session import Viewer
from cloud.console.views.places import PlacedDevice
from cloud.core.access import Permission
from cloud.core.series import Sample, SeriesKey
from cloud.desks.records import VEHICLE_BOOK

SPEED = "Speed"
MOVING_KMH = 3.0
"""What a standing tracker reports as its speed by mistake stays below."""


@dataclass(frozen=True, slots=True)
class TrackedVehicle:
    """`sample` is the newest speed, None before the first one."""

    device: PlacedDevice
    sample: Sample | None


def read(console: Console, viewer: Viewer) -> tuple[TrackedVehicle, ...]:
    places = console.places(viewer)
    trackers = [one for one in places.devices if one.has_point(SPEED)]
    newest: dict[SeriesKey, Sample] = {}
    for group in {one.group for one in trackers}:
        newest.update(console.services.store.last(group, {one.id for one in trackers if one.group == group}))
    return tuple(TrackedVehicle(one, newest.get(SeriesKey(one.group, one.id, SPEED))) for one in trackers)


def rows(vehicles: tuple[TrackedVehicle, ...], console: Console, viewer: Viewer) -> list[Row]:
    return [_row(one, console.services.clock.now_ms(), viewer) for one in vehicles]


def _row(one: TrackedVehicle, now_ms: int, viewer: Viewer) -> Row:
    speed = number(one.sample)
    state, tone = "silent", "yellow"
    if one.device.registered.is_online and speed is not None:
        state, tone = ("moving", "blue") if speed >= MOVING_KMH else ("standing", "good")
    shown = str(show(speed, "km/h")) if state == "moving" else ""
    seen = age(one.sample.measured_ms if one.sample else None, now_ms, viewer.language)
    href = f"/devices/{one.device.group}/{one.device.id}"
    return Row(
        one.device.id,
        (viewer.name(one.device.name), Chip(viewer.say(f"console.home.vehicles.{state}"), tone), shown, seen),
        href,
    )


PANEL = HomePanel(
    title="console.home.vehicles.title",
    permission=Permission.READ_SERIES,
    weight=26,
    side="right",
    read=read,
    build=table_of(
        "vehicles",
        (
            "console.home.vehicles.vehicle",
            "console.home.state",
            "console.home.vehicles.speed",
            "console.home.last_seen",
        ),
        "console.home.vehicles.none",
        rows,
        right=(2,),
    ),
    applies=keeping(VEHICLE_BOOK),
    age_s=5.0,
)
