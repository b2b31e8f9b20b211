"""What OwnTracks trackers say over MQTT, in their own shapes (owntracks.org/booklet/tech/json)."""

from __future__ import annotations

import json

from simulators.fix import Crossing, Fix
from simulators.publisher import Message, Send

PREFIX = "owntracks/fleet"
ACCURACY_M = 8


def location(address: str, tracker_id: str, fix: Fix, regions: tuple[str, ...], battery: int) -> Message:
    """A position report; `odometer` as vehicle trackers add it."""
    content = {
        "_type": "location", "tid": tracker_id, "t": "t" if fix.speed_kmh else "T", "tst": fix.at_s,
        "lat": round(fix.lat, 6), "lon": round(fix.lon, 6), "acc": ACCURACY_M, "alt": 82,
        "vel": round(fix.speed_kmh), "cog": round(fix.course) % 360, "batt": battery, "conn": "m",
        "odometer": round(fix.odometer_km, 3), "inregions": list(regions),
    }  # fmt: skip
    return Message(f"{PREFIX}/{address}", json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def transition(address: str, tracker_id: str, fix: Fix, event: Crossing, region: str) -> Message:
    """The vehicle crossed the border of a region."""
    content = {
        "_type": "transition", "tid": tracker_id, "t": "c", "event": event, "desc": region, "acc": ACCURACY_M,
        "lat": round(fix.lat, 6), "lon": round(fix.lon, 6), "tst": fix.at_s, "wtst": fix.at_s,
    }  # fmt: skip
    payload = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Message(f"{PREFIX}/{address}/event", payload, qos=1)


class OwnTracksVoice:
    """A tracker that publishes to a broker, as the OwnTracks app does."""

    def __init__(self, address: str, tracker_id: str, region: str, send: Send) -> None:
        self._address, self._tracker_id, self._region, self._send = address, tracker_id, region, send
        self._battery = 88 + sum(address.encode()) % 12

    def report(self, fix: Fix, *, is_inside: bool, crossing: Crossing | None) -> None:
        """As Voice.report."""
        regions = (self._region,) if is_inside else ()
        self._send(location(self._address, self._tracker_id, fix, regions, self._battery))
        if crossing is not None:
            self._send(transition(self._address, self._tracker_id, fix, crossing, self._region))

    async def run(self) -> None:
        """The publisher keeps the connection."""
