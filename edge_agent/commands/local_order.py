"""What the box orders by itself: the same command, guard, journal and receipt as an order of the cloud."""

from __future__ import annotations

from dataclasses import dataclass

LOCAL_ISSUER = "local"


@dataclass(frozen=True, slots=True)
class LocalOrder:
    """`value` in base units, None to give the point back; `valid_s` is how long the order may wait for its turn."""

    device: str
    point: str
    value: float | None
    priority: int
    lease_s: float
    reason: str
    issuer: str = LOCAL_ISSUER
    valid_s: float = 10.0
