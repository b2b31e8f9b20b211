"""Rows as an outage piles them up: meters of one model, each poll one row, values that wander as loads do."""

from __future__ import annotations

import random
from collections.abc import Iterator

from device_profiles.catalogue import load_catalogue
from edge_agent.delivery.outbox import Lane, NewRow
from gateway.messages import DeviceBirth, DeviceMessage, PointBirth, Reading, Value
from gateway.sparkplug.vocabulary import row_body

PROFILE = "acrel.adl400"
POINTS = [point for point in load_catalogue().get(PROFILE).all_points if point.datatype != "text"]


class Meter:
    """One meter: powers and currents wander by 1 %, counters grow."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name, self._chance = name, chance
        self._values: dict[str, Value] = {point.name: chance.uniform(50, 5_000) for point in POINTS}

    def row(self, at_ms: int, points: int, lane: Lane = Lane.LIVE) -> NewRow:
        """The next poll; of it the first `points` points were worth sending."""
        readings = tuple(
            Reading(point.name, self._next(point.name, point.datatype), at_ms) for point in POINTS[:points]
        )
        body = row_body(DeviceMessage(self.name, readings), is_historical=lane is Lane.HISTORY)
        return NewRow(self.name, body, len(readings), lane)

    def birth(self) -> DeviceBirth:
        points = tuple(PointBirth(point.name, point.datatype, point.display_unit.base) for point in POINTS)
        return DeviceBirth(self.name, {"profile": PROFILE}, points)

    def _next(self, name: str, datatype: str) -> Value:
        before = float(self._values[name])
        if datatype == "int":
            self._values[name] = int(before) + self._chance.randint(0, 300)
        else:
            self._values[name] = round(before * (1 + self._chance.gauss(0, 0.01)), 1)
        return self._values[name]


def polls(meters: list[Meter], points: int, start_ms: int, every_ms: int) -> Iterator[list[NewRow]]:
    """Cycle after cycle, the rows of all meters."""
    at_ms = start_ms
    while True:
        yield [meter.row(at_ms + place, points) for place, meter in enumerate(meters)]
        at_ms += every_ms
