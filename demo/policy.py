"""The demo policy: one threshold on building A that gives its air conditioning a milder set-point for a minute."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from demo.api import Api
from foundation.errors import LinkError
from foundation.texts import LANGUAGES, Language, load_texts
from simulators.compound import Compound

METER, POINT = "a-main", "Power/Active/Total"
UNITS, SETPOINT = ("a-ac-1", "a-ac-2"), "Setpoint/Temperature"
SETPOINT_C = 26.0
WINDOW_S, HOLD_S, LEASE_S, PRIORITY = 30, 5, 60, 12
MARGIN, HYSTERESIS = 1.15, 0.03
NAME = "demo.threshold.name"


async def set_threshold(api: Api, compound: Compound, language: Language) -> float:
    """Set the limit a margin above what the building draws now; returns the limit in W.

    A continued compound keeps the threshold it has, as the user may have moved it.
    """
    names = {load_texts()(NAME, one) for one in LANGUAGES}
    for known in await api.get("/thresholds"):
        if known["name"] in names and known["device"] == METER:
            return float(known["limit"])
    limit_w = round(await _power_now_w(api, compound.group) * MARGIN, -2)
    saved = await api.post("/thresholds", threshold(compound.group, load_texts()(NAME, language), limit_w))
    return float(saved["limit"])


def threshold(group: str, name: str, limit_w: float) -> dict[str, Any]:
    """The threshold as the API takes it."""
    actions = [
        {"device": unit, "point": SETPOINT, "value": SETPOINT_C, "lease_s": LEASE_S, "priority": PRIORITY}
        for unit in UNITS
    ]
    return {
        "name": name,
        "group": group,
        "device": METER,
        "point": POINT,
        "limit": limit_w,
        "hysteresis": round(limit_w * HYSTERESIS, -1),
        "window_s": WINDOW_S,
        "hold_s": HOLD_S,
        "enabled": True,
        "automatic": True,
        "actions": actions,
    }


async def _power_now_w(api: Api, group: str) -> float:
    for newest in await api.get(f"/series/last?{urlencode({'group': group, 'device': METER})}"):
        if newest["point"] == POINT and newest["sample"]["quality"] == "good":
            return float(newest["sample"]["value"])
    raise LinkError(f"{METER} has no {POINT} yet")
