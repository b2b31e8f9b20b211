"""The scaling of one point in whole numbers, worked out ahead: what `engineering_value` gives, bit for bit, sooner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from device_profiles.profile import Point
from gateway.messages import Quality, Value

_INT64_LOWEST, _INT64_HIGHEST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class LinearScale:
    """Value in base units = `(raw * gain + shift) / divisor`, all three whole; the divisor is positive.

    Raw numbers from `lowest` to `highest` lie in the point's range. A quotient of whole numbers is rounded once, to the
    nearest float, just as the exact decimal would be.
    """

    gain: int
    shift: int
    divisor: int
    lowest: float
    highest: float
    is_whole: bool
    is_unity: bool

    def of_whole(self, raw: int) -> tuple[Value, Quality]:
        """As `engineering_value` of a whole raw number."""
        quality = Quality.GOOD if self.lowest <= raw <= self.highest else Quality.BAD
        return self._quotient(raw * self.gain + self.shift, self.divisor, quality)

    def of_float(self, raw: float) -> tuple[Value, Quality]:
        """As `engineering_value` of a finite float."""
        quality = Quality.GOOD if self.lowest <= raw <= self.highest else Quality.BAD
        if self.is_unity:
            return raw + 0.0, quality  # no negative zero
        over, under = raw.as_integer_ratio()
        return self._quotient(over * self.gain + self.shift * under, under * self.divisor, quality)

    def _quotient(self, number: int, divisor: int, quality: Quality) -> tuple[Value, Quality]:
        if self.is_whole:
            whole = _half_even(number, divisor)
            return (whole, quality) if _INT64_LOWEST <= whole <= _INT64_HIGHEST else (None, Quality.BAD)
        try:
            return number / divisor, quality
        except OverflowError:
            return None, Quality.BAD


def linear_scale(point: Point, ratio: Decimal, *, is_float: bool) -> LinearScale | None:
    """The scale of a point that becomes a number, for whole or for float raw numbers; None when it has none."""
    unit, slope = point.display_unit, Fraction(point.scale) * Fraction(ratio)
    if point.datatype not in ("int", "float") or slope == 0:
        return None
    at_zero = Fraction(point.offset) * Fraction(ratio)
    gain, shift = slope * Fraction(unit.factor), at_zero * Fraction(unit.factor) + Fraction(unit.offset)
    divisor = math.lcm(gain.denominator, shift.denominator)
    lowest, highest = -math.inf, math.inf
    if point.range is not None:
        first, last = sorted((Fraction(end) - at_zero) / slope for end in point.range)
        lowest, highest = (_from(first), -_from(-last)) if is_float else (math.ceil(first), math.floor(last))
        if point.range[0] > point.range[1]:
            lowest, highest = math.inf, -math.inf
    is_whole = point.datatype == "int"
    return LinearScale(
        int(gain * divisor), int(shift * divisor), divisor, lowest, highest,
        is_whole, is_unity=not is_whole and gain == 1 and shift == 0,
    )  # fmt: skip


def _from(limit: Fraction) -> float:
    """The lowest float that is not below `limit`."""
    try:
        nearest = float(limit)
    except OverflowError:
        return math.copysign(math.inf, limit)
    return nearest if nearest >= limit else math.nextafter(nearest, math.inf)


def _half_even(number: int, divisor: int) -> int:
    whole, rest = divmod(number, divisor)
    return whole + (2 * rest > divisor or (2 * rest == divisor and whole % 2 == 1))
