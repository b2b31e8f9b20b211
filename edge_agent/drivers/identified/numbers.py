"""The bytes of one data field to a number, exactly; or to the fact that there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from device_profiles.data_field import DataField
from device_profiles.point import Point
from device_profiles.quantity import Unit
from edge_agent.drivers.scaling import EXACT
from gateway.messages import Quality

_SIGN = 0x80


@dataclass(frozen=True, slots=True)
class RawNumber:
    """`number` is None for a value that the meter does not have (GOOD) and for bytes that mean nothing (BAD)."""

    number: Decimal | None
    quality: Quality = Quality.GOOD


NO_VALUE = RawNumber(None)
NONSENSE = RawNumber(None, Quality.BAD)


def raw_number(point: Point, field: DataField, data: bytes, units: Mapping[int, Unit]) -> RawNumber:
    """The raw number of `point` in the data of its identifier, in the unit of the point where the meter tells its own.

    `units` gives the meaning of unit codes; an unknown code, or one of another quantity, is nonsense.
    """
    chunk = data[field.at : field.at + field.bytes]
    if len(chunk) < field.bytes or len(data) < field.end:
        return NONSENSE
    raw = _whole_number(field, chunk)
    if raw.number is None or raw.number in point.sentinel:
        return RawNumber(None, raw.quality)
    if point.mask is not None:
        return RawNumber(Decimal(int(raw.number) & point.mask))
    if not field.unit_code:
        return raw
    unit = units.get(data[field.end - 1])
    if unit is None or unit.quantity != point.display_unit.quantity:
        return NONSENSE
    with localcontext(EXACT):
        return RawNumber(raw.number * unit.factor / point.display_unit.factor)


def _whole_number(field: DataField, chunk: bytes) -> RawNumber:
    if field.coding == "binary":
        return RawNumber(Decimal(int.from_bytes(chunk, "little")))
    if set(chunk) == {0xFF}:
        return NO_VALUE
    is_negative = field.coding == "signed_bcd" and bool(chunk[-1] & _SIGN)
    if is_negative:
        chunk = chunk[:-1] + bytes([chunk[-1] & ~_SIGN])
    digits = chunk[::-1].hex()
    if not digits.isdecimal():
        return NONSENSE
    number = Decimal(digits)
    return RawNumber(-number if is_negative and number else number)
