"""Whether a condition of a fallback rule holds: pure, with hysteresis, duration and what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from device_profiles.profile import Point
from edge_agent.commands.controlled_point import as_number
from edge_agent.site_fallback import WEEK, Condition, TimeWindow
from gateway.messages import Quality, Reading

EQUAL_WITHIN = 1e-9


@dataclass(frozen=True, slots=True)
class Bounds:
    """A condition in base units."""

    above: float | None
    below: float | None
    equals: float | None
    hysteresis: float


def bounds_of(condition: Condition, point: Point, hysteresis: Decimal) -> Bounds:
    """The bounds of a condition written in the point's unit; of the hysteresis only the factor counts."""
    unit = point.display_unit
    above, below, equals = (
        None if bound is None else float(unit.to_base(bound))
        for bound in (condition.above, condition.below, condition.equals)
    )
    return Bounds(above, below, equals, float(hysteresis * unit.factor))


def fulfils(
    bounds: Bounds, reading: Reading | None, age_s: float | None, fresh_s: float, *, is_held: bool
) -> bool | None:
    """Whether the value fulfils the bounds, eased by the hysteresis while `is_held`; None when it is not known."""
    if reading is None or reading.quality is not Quality.GOOD or age_s is None or age_s > fresh_s:
        return None
    value = as_number(reading.value)
    if value is None:
        return None
    ease = bounds.hysteresis if is_held else 0.0
    if bounds.above is not None:
        return value > bounds.above - ease
    if bounds.below is not None:
        return value < bounds.below + ease
    assert bounds.equals is not None, "the site file is checked"
    return abs(value - bounds.equals) <= max(ease, EQUAL_WITHIN * max(1.0, abs(bounds.equals)))


def is_open(window: TimeWindow, at: datetime) -> bool:
    """Whether local time `at` lies in the window; the hours after midnight belong to the day before."""
    time = at.time()
    if window.from_ < window.to:
        return window.from_ <= time < window.to and WEEK[at.weekday()] in window.days
    if time >= window.from_:
        return WEEK[at.weekday()] in window.days
    return time < window.to and WEEK[(at - timedelta(days=1)).weekday()] in window.days


class Held:
    """Becomes true once something was true without a break for long enough."""

    def __init__(self) -> None:
        self._since_s: float | None = None

    def since(self, is_true: bool, now_s: float) -> float | None:
        """How long it has been true; None when it is not."""
        if not is_true:
            self._since_s = None
            return None
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s
