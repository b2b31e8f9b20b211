"""Official vehicles with trackers: they drive their loops, and may leave the permitted area or drive too fast."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foundation.clock import Clock
from foundation.errors import ConfigError
from simulators.compound import Geofence, Vehicle
from simulators.fix import Crossing, Fix, Voice
from simulators.jt808_terminal import Jt808Terminal
from simulators.owntracks_messages import OwnTracksVoice
from simulators.publisher import Send
from simulators.traccar_messages import TraccarVoice

TICK_S, MOVING_EVERY_S, PARKED_EVERY_S = 0.5, 3.0, 12.0
EXCURSION_KMH, EXCURSION_BEYOND_M = 62.0, 350.0
CORNER_M, CORNER_FACTOR = 25.0, 0.55
M_PER_DEGREE = 111_320.0
"""Metres of one degree of latitude on a sphere of the Earth's mean size."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Metres east and north of the gate."""

    x: float
    y: float

    def distance(self, other: _Place) -> float:
        return math.hypot(other.x - self.x, other.y - self.y)

    def towards(self, other: _Place, metres: float) -> _Place:
        """The place `metres` on the straight way to `other`, or `other` itself if it is nearer."""
        far = self.distance(other)
        if far <= metres:
            return other
        part = metres / far
        return _Place(self.x + (other.x - self.x) * part, self.y + (other.y - self.y) * part)


class Tracker:
    """One vehicle: where it is, how fast, and what it was told to do."""

    def __init__(self, vehicle: Vehicle, fence: Geofence, now_s: float) -> None:
        self.vehicle, self._fence = vehicle, fence
        self._corners = [_Place(*corner) for corner in vehicle.loop]
        self._place, self._next, self._course = self._corners[0], 1 % len(vehicle.loop), 0.0
        self._speed_kmh, self.odometer_km, self._moved_s = 0.0, vehicle.odometer_km, now_s
        self._away_until_s, self._fast_until_s, self._fast_kmh = 0.0, 0.0, 0.0
        self.is_inside = self._is_inside()

    def leave_area(self, until_s: float) -> None:
        """Drive straight out of the permitted area and stay there until then."""
        self._away_until_s = until_s

    def hurry(self, speed_kmh: float, until_s: float) -> None:
        """Drive at `speed_kmh` until then."""
        self._fast_kmh, self._fast_until_s = speed_kmh, until_s

    def move(self, now_s: float) -> Fix:
        """Drive on to `now_s`; a tracker that was long asleep does not jump further than a minute's drive."""
        elapsed_s = min(max(now_s - self._moved_s, 0.0), 60.0)
        self._moved_s = now_s
        start = self._place
        self._speed_kmh = self._wanted_kmh(now_s)
        left_m = self._speed_kmh / 3.6 * elapsed_s
        while left_m > 0 and (goal := self._goal(now_s)) is not None:
            driven = min(left_m, self._place.distance(goal))
            self._place = self._place.towards(goal, left_m)
            left_m -= driven
            self.odometer_km += driven / 1000
            if self._place == goal and not self._arrive(now_s):
                break
        if start != self._place:
            self._course = math.degrees(math.atan2(self._place.x - start.x, self._place.y - start.y)) % 360
        else:
            self._speed_kmh = 0.0
        self.is_inside = self._is_inside()
        return self._fix(now_s)

    def _goal(self, now_s: float) -> _Place | None:
        if now_s < self._away_until_s:
            out_m = self._fence.radius_m + EXCURSION_BEYOND_M
            far = math.hypot(self._place.x, self._place.y) or 1.0
            return _Place(self._place.x / far * out_m, self._place.y / far * out_m) if far > 1 else _Place(out_m, 0)
        goal = self._corners[self._next]
        return None if self.vehicle.is_parked and self._place == goal else goal

    def _arrive(self, now_s: float) -> bool:
        """At the goal: take the next corner; False when there is nowhere to go."""
        if now_s < self._away_until_s:
            return False
        self._next = (self._next + 1) % len(self._corners)
        return not self.vehicle.is_parked

    def _wanted_kmh(self, now_s: float) -> float:
        if now_s < self._fast_until_s:
            return self._fast_kmh
        if now_s < self._away_until_s or not self.is_inside:
            return EXCURSION_KMH
        cruise = self.vehicle.cruise_kmh or (EXCURSION_KMH / 2 if self._place not in self._corners else 0.0)
        near_corner = any(self._place.distance(corner) < CORNER_M for corner in self._corners)
        return cruise * (CORNER_FACTOR if near_corner else 1.0)

    def _is_inside(self) -> bool:
        return math.hypot(self._place.x, self._place.y) <= self._fence.radius_m

    def _fix(self, now_s: float) -> Fix:
        lat = self._fence.lat + self._place.y / M_PER_DEGREE
        lon = self._fence.lon + self._place.x / (M_PER_DEGREE * math.cos(math.radians(self._fence.lat)))
        return Fix(lat, lon, self._speed_kmh, self._course, self.odometer_km, int(now_s))


class Fleet:
    """All vehicles; `send` hands a message to the broker, `platform` is where JT/T 808 terminals call.

    ConfigError for a vehicle whose tracker nobody can pretend to be.
    """

    def __init__(
        self,
        vehicles: Sequence[Vehicle],
        fence: Geofence,
        send: Send,
        clock: Clock,
        *,
        platform: tuple[str, int] | None = None,
    ) -> None:
        self._clock = clock
        self.voices = {vehicle.id: _voice(vehicle, fence, send, clock, platform) for vehicle in vehicles}
        self._trackers = {vehicle.id: Tracker(vehicle, fence, self._now_s()) for vehicle in vehicles}
        self._told_s = dict.fromkeys(self._trackers, 0.0)

    async def run(self) -> None:
        """Drive until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for voice in self.voices.values():
                tasks.create_task(voice.run())
            tasks.create_task(self._drive())

    async def _drive(self) -> None:
        while True:
            self.tick()
            await self._clock.sleep(TICK_S)

    def tick(self) -> None:
        """Let every vehicle that is due move and report."""
        now_s = self._now_s()
        for name, tracker in self._trackers.items():
            every_s = PARKED_EVERY_S if tracker.vehicle.is_parked and tracker.is_inside else MOVING_EVERY_S
            if now_s - self._told_s[name] >= every_s:
                self._told_s[name] = now_s
                self._report(name, tracker, now_s)

    def leave_area(self, vehicle_id: str, for_s: float) -> None:
        """KeyError for an unknown vehicle."""
        self._trackers[vehicle_id].leave_area(self._now_s() + for_s)

    def speed(self, vehicle_id: str, speed_kmh: float, for_s: float) -> None:
        """KeyError for an unknown vehicle."""
        self._trackers[vehicle_id].hurry(speed_kmh, self._now_s() + for_s)

    def state(self) -> dict[str, float]:
        """Odometers in km, which must not fall back after a restart."""
        return {name: tracker.odometer_km for name, tracker in self._trackers.items()}

    def restore(self, odometers_km: Mapping[str, float]) -> None:
        """Take up the odometers of an earlier run."""
        for name, tracker in self._trackers.items():
            tracker.odometer_km = max(tracker.odometer_km, odometers_km.get(name, 0.0))

    def _report(self, name: str, tracker: Tracker, now_s: float) -> None:
        was_inside = tracker.is_inside
        fix = tracker.move(now_s)
        crossing: Crossing | None = None
        if was_inside != tracker.is_inside:
            crossing = "enter" if tracker.is_inside else "leave"
        self.voices[name].report(fix, is_inside=tracker.is_inside, crossing=crossing)

    def _now_s(self) -> float:
        return self._clock.now_ms() / 1000


def _voice(vehicle: Vehicle, fence: Geofence, send: Send, clock: Clock, platform: tuple[str, int] | None) -> Voice:
    """The tracker that the vehicle's profile says it has."""
    if vehicle.profile == "traccar.tracker":
        return TraccarVoice(vehicle.device_address, fence.id, send)
    if vehicle.profile == "jt808.terminal":
        return Jt808Terminal(vehicle.device_address, clock, platform=platform, is_2019=vehicle.jt808_form == "2019")
    if vehicle.profile == "owntracks.tracker":
        return OwnTracksVoice(vehicle.device_address, vehicle.tracker_id, fence.id, send)
    raise ConfigError("compound", f"vehicles.{vehicle.id}.profile", f"no simulator for {vehicle.profile}")
