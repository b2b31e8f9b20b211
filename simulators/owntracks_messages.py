"""What OwnTracks trackers say over MQTT, in their own shapes (owntracks.org/booklet/tech/json)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from simulators.publisher import Message

PREFIX = "owntracks/fleet"
ACCURACY_M = 8


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a vehicle is: WGS-84 degrees, km/h, degrees from north, km, at whole epoch seconds."""

    lat: float
    lon: float
    speed_kmh: float
    course: float
    odometer_km: float
    at_s: int


def location(address: str, tracker_id: str, fix: Fix, regions: tuple[str, ...], battery: int) -> Message:
    """A position report; `odometer` as vehicle trackers add it."""
    content = {
        "_type": "location", "tid": tracker_id, "t": "t" if fix.speed_kmh else "T", "tst": fix.at_s,
        "lat": round(fix.lat, 6), "lon": round(fix.lon, 6), "acc": ACCURACY_M, "alt": 82,
        "vel": round(fix.speed_kmh), "cog": round(fix.course) % 360, "batt": battery, "conn": "m",
        "odometer": round(fix.odometer_km, 3), "inregions": list(regions),
    }  # fmt: skip
    return Message(f"{PREFIX}/{address}", json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def transition(address: str, tracker_id: str, fix: Fix, event: Literal["enter", "leave"], region: str) -> Message:
    """The vehicle crossed the border of a region."""
    content = {
        "_type": "transition", "tid": tracker_id, "t": "c", "event": event, "desc": region, "acc": ACCURACY_M,
        "lat": round(fix.lat, 6), "lon": round(fix.lon, 6), "tst": fix.at_s, "wtst": fix.at_s,
    }  # fmt: skip
    payload = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Message(f"{PREFIX}/{address}/event", payload, qos=1)
