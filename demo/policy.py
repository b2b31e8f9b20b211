"""The demo policy: one threshold on building A that gives its air conditioning a milder set-point for a minute."""

from __future__ import annotations

from typing import Any

from demo.api import Api
from simulators.compound import Compound

THRESHOLD_ID = "demo-building-a"
METER, POINT = "a-main", "Power/Active/Total"
UNITS, SETPOINT = ("a-ac-1", "a-ac-2"), "Setpoint/Temperature"
SETPOINT_C = 26.0
WINDOW_S, HOLD_S, LEASE_S = 30, 5, 60
MARGIN, HYSTERESIS = 1.15, 0.03


async def set_threshold(api: Api, compound: Compound, name: str) -> float:
    """Set the limit a margin above what the building draws now; returns the limit in W."""
    limit_w = round(await _power_now_w(api, compound) * MARGIN, -2)
    await api.put(f"/thresholds/{THRESHOLD_ID}", threshold(compound, name, limit_w))
    return limit_w


def threshold(compound: Compound, name: str, limit_w: float) -> dict[str, Any]:
    """The threshold as the API takes it."""
    return {
        "institution_id": compound.institution.id,
        "name": name,
        "group": compound.group,
        "device": METER,
        "point": POINT,
        "limit": limit_w,
        "hysteresis": round(limit_w * HYSTERESIS, -1),
        "window_s": WINDOW_S,
        "hold_s": HOLD_S,
        "enabled": True,
        "automatic": True,
        "actions": [
            {"device": unit, "point": SETPOINT, "value": SETPOINT_C, "lease_s": LEASE_S, "priority": 12}
            for unit in UNITS
        ],
    }


async def _power_now_w(api: Api, compound: Compound) -> float:
    answer = await api.get(f"/devices/{compound.group}/{METER}")
    return float(next(point["value"] for point in answer["points"] if point["name"] == POINT))
