"""Where a pretend vehicle is: what every tracker reports in its own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Crossing = Literal["enter", "leave"]


@dataclass(frozen=True, slots=True)
class Fix:
    """WGS-84 degrees, km/h, degrees from north, km, at whole epoch seconds."""

    lat: float
    lon: float
    speed_kmh: float
    course: float
    odometer_km: float
    at_s: int


class Voice(Protocol):
    """How one vehicle's tracker reports."""

    def report(self, fix: Fix, *, is_inside: bool, crossing: Crossing | None) -> None:
        """Tell a fix; `crossing` when the vehicle has just crossed the border of its area."""
        ...

    async def run(self) -> None:
        """Keep a connection of one's own until cancelled; trackers that share one have nothing to do."""
        ...
