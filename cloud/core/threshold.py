"""Threshold and Breach: a limit that an officer set, and the time during which it was held to be exceeded."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ThresholdAction:
    """What to command when the breach opens: a device's point, the value in base units, for how long."""

    device: str
    point: str
    value: float
    lease_s: float = 600
    priority: int = 12


@dataclass(frozen=True, slots=True)
class Threshold:
    """An upper limit on the mean of a series over `window_s`.

    Opens after the mean stayed above `limit` for `hold_s`, closes when it is below `limit - hysteresis`.
    `limit` and `hysteresis` are in base units. `automatic` sends the actions without asking an officer.
    """

    threshold_id: str
    institution_id: str
    name: str
    group: str
    device: str
    point: str
    limit: float
    hysteresis: float
    window_s: float
    hold_s: float
    enabled: bool = True
    automatic: bool = False
    actions: tuple[ThresholdAction, ...] = ()
    changed_by: str = ""
    changed_ms: int = 0


class BreachState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Breach:
    """One exceedance: opened, its peak, closed. `is_late` when it was found in replayed readings."""

    breach_id: str
    threshold_id: str
    institution_id: str
    opened_ms: int
    limit: float
    peak: float
    state: BreachState = BreachState.OPEN
    closed_ms: int | None = None
    is_late: bool = False
    command_ids: tuple[str, ...] = field(default=())
