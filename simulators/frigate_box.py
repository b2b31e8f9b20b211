"""A Frigate box with its cameras: people and cars come and go as the buildings are busy, and causes can be staged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from foundation.clock import Clock
from foundation.rng import Rng
from simulators import frigate_messages as say
from simulators.compound import Camera
from simulators.publisher import Message, Send

STATUS_EVERY_S = 5.0
TICK_S = 0.5
STAY_S = (6.0, 18.0)
LABELS = ("person", "car")

Busyness = Callable[[str | None], float]
"""How busy a building is now, 0 to about 1; None asks for the whole compound."""


class FrigateBox:
    """All cameras of the compound. `send` hands a message to the broker."""

    def __init__(self, cameras: Sequence[Camera], send: Send, busyness: Busyness, clock: Clock, rng: Rng) -> None:
        self._cameras = {camera.id: camera for camera in cameras}
        self._send, self._busyness, self._clock, self._rng = send, busyness, clock, rng
        self._offline: set[str] = set()
        self._seen: list[tuple[say.Sighting, float]] = []
        self._told_ms = 0

    def greetings(self) -> list[Message]:
        """What the box says after each connection."""
        return [say.AVAILABLE, *self._state()]

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self.tick()
            await self._clock.sleep(TICK_S)

    def tick(self) -> None:
        """One look: who left, who came, and now and then the state of everything."""
        now_ms = self._clock.now_ms()
        self._end([seen for seen, until_ms in self._seen if until_ms <= now_ms])
        for camera in self._cameras.values():
            self._routine(camera)
        if now_ms - self._told_ms >= STATUS_EVERY_S * 1000:
            self._told_ms = now_ms
            for message in self._state():
                self._send(message)

    def stage(self, camera_id: str, zone_id: str, label: str, for_s: float) -> str:
        """Let `label` stand in a zone for a while; returns the id of the event. KeyError for an unknown camera."""
        camera = self._cameras[camera_id]
        start_s = self._clock.now_ms() / 1000
        score = round(self._rng.uniform(0.72, 0.95), 4)
        seen = say.Sighting(camera_id, label, self._rng.uuid()[:6], start_s, score, (zone_id,))
        self._seen.append((seen, (start_s + for_s) * 1000))
        self._send(say.event("new", seen, start_s))
        self._send(say.review("new", _severity(camera, seen), seen))
        self._tell_count(camera_id, label)
        return seen.event_id

    def set_online(self, camera_id: str, is_online: bool) -> None:
        """Unplug a camera, or plug it in again."""
        if is_online:
            self._offline.discard(camera_id)
        else:
            self._end([seen for seen, _ in self._seen if seen.camera == camera_id])
            self._offline.add(camera_id)
        self._send(say.status(camera_id, is_online=is_online))

    def _state(self) -> list[Message]:
        state = []
        for name in self._cameras:
            state.append(say.status(name, is_online=name not in self._offline))
            if name not in self._offline:
                state.extend(say.count(name, label, self._count(name, label)) for label in LABELS)
        return state

    def _routine(self, camera: Camera) -> None:
        if camera.id in self._offline:
            return
        quiet = [zone for zone in camera.zones if not zone.alert]
        for label, per_h in (("person", camera.people_per_h), ("car", camera.cars_per_h)):
            expected = per_h * self._busyness(camera.building) * TICK_S / 3600 if per_h and quiet else 0.0
            if self._rng.uniform(0, 1) < expected:
                self.stage(camera.id, quiet[0].id, label, self._rng.uniform(*STAY_S))

    def _end(self, leaving: list[say.Sighting]) -> None:
        end_s = self._clock.now_ms() / 1000
        self._seen = [(seen, until) for seen, until in self._seen if seen not in leaving]
        for seen in leaving:
            gone = replace(seen, end_s=end_s)
            self._send(say.event("end", gone, end_s))
            self._send(say.review("end", _severity(self._cameras[seen.camera], gone), gone))
            self._tell_count(seen.camera, seen.label)

    def _tell_count(self, camera_id: str, label: str) -> None:
        self._send(say.count(camera_id, label, self._count(camera_id, label)))

    def _count(self, camera_id: str, label: str) -> int:
        return sum(1 for seen, _ in self._seen if seen.camera == camera_id and seen.label == label)


def _severity(camera: Camera, seen: say.Sighting) -> say.Severity:
    """Frigate raises an alert for people in the zones named for it, a detection elsewhere."""
    zones = [camera.zone(name) for name in seen.zones]
    is_alert = seen.label == "person" and any(zone is not None and zone.alert for zone in zones)
    return "alert" if is_alert else "detection"
