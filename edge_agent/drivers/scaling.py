"""From what a device says to a value in base units: exact in Decimal, with the quality its range gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from device_profiles.profile import Point, Profile
from gateway.messages import Quality, Value

EXACT = Context(prec=1200, rounding=ROUND_HALF_EVEN)
"""Wide enough for any 64-bit float times scale and ratios, so that nothing is rounded on the way."""

_ONE = Decimal(1)
_INT64 = range(-(2**63), 2**63)


def params_in_force(profile: Profile, given: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The parameters of one installed device: those given, else the profile's defaults."""
    return {name: given.get(name, param.default) for name, param in profile.params.items()}


def ratio_of(point: Point, params: Mapping[str, Decimal]) -> Decimal:
    """Product of the point's ratio parameters; a missing one raises KeyError."""
    if not point.ratio:
        return _ONE
    return math.prod((params[name] for name in point.ratio), start=_ONE)


def to_display(point: Point, raw: Decimal, ratio: Decimal) -> Decimal:
    """`(raw * scale + offset) * ratio`, in the point's own unit."""
    return EXACT.multiply(EXACT.fma(raw, point.scale, point.offset), ratio)


def engineering_value(point: Point, raw: Decimal, ratio: Decimal = _ONE) -> tuple[Value, Quality]:
    """Value in base units and its quality: outside the profile's range it is kept and marked BAD.

    Counters and states are rounded half even to whole numbers, gauges become floats. What neither int64 nor a
    float can hold is (None, BAD).
    """
    datatype, unit = point.datatype, point.display_unit
    display = to_display(point, raw, ratio)
    base = EXACT.fma(display, unit.factor, unit.offset)
    quality = Quality.GOOD if within(point.range, display) else Quality.BAD
    if datatype == "float":
        number = float(base)
        return (number, quality) if math.isfinite(number) else (None, Quality.BAD)
    if datatype == "int":
        whole = int(base.to_integral_value(ROUND_HALF_EVEN))
        return (whole, quality) if whole in _INT64 else (None, Quality.BAD)
    return (bool(raw) if datatype == "bool" else f"{display:f}"), quality


def raw_value(point: Point, base: Decimal, ratio: Decimal) -> Decimal:
    """The way back: raw number of a value in base units (not yet rounded)."""
    with localcontext(Context(prec=60, rounding=ROUND_HALF_EVEN)):
        return (point.display_unit.from_base(base) / ratio - point.offset) / point.scale


def within(limits: tuple[Decimal, Decimal] | None, value: Decimal) -> bool:
    """Whether `value` lies in the closed range; no range takes everything."""
    return limits is None or limits[0] <= value <= limits[1]
