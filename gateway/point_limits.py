"""What a device's birth tells of the values that its edge will accept, so that people are told before they order.

They travel as one text among the device's properties: `{"Setpoint/Temperature": [18.0, 30.0, 0.5]}`, base units, the
step null when any value fits. The edge's own profile stays what decides; a foreign edge tells nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

PROPERTY = "command_limits"
STEP_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class PointLimits:
    """Smallest and largest value and the step from the smallest, in the point's base unit."""

    low: float
    high: float
    step: float | None = None

    def hold(self, value: float) -> bool:
        """Whether the value lies within the limits."""
        return self.low <= value <= self.high

    def fit_step(self, value: float) -> bool:
        """Whether the value is a whole number of steps from the lower limit, but for rounding."""
        if self.step is None:
            return True
        steps = (value - self.low) / self.step
        return abs(steps - round(steps)) <= STEP_TOLERANCE


def limits_text(limits: Mapping[str, PointLimits]) -> str:
    """The property's text."""
    return json.dumps({name: [one.low, one.high, one.step] for name, one in limits.items()}, ensure_ascii=False)


def read_limits(properties: Mapping[str, str]) -> dict[str, PointLimits]:
    """Limits by point out of a device's properties; what is missing or makes no sense gives none."""
    try:
        content = json.loads(properties.get(PROPERTY, "{}"))
        limits = {name: PointLimits(*given) for name, given in content.items()}
        return {name: one for name, one in limits.items() if _makes_sense(one)}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _makes_sense(limits: PointLimits) -> bool:
    numbers = [limits.low, limits.high, *([] if limits.step is None else [limits.step])]
    return (
        all(isinstance(one, int | float) and math.isfinite(one) for one in numbers)
        and limits.low <= limits.high
        and (limits.step is None or limits.step > 0)
    )
