"""One point of a profile made ready to be decoded over and over: the plain number registers, which are nearly all.

Whatever has a fraction, a scale factor, a quadrant, digits or text is left to `words`, which also is the reference.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from device_profiles.profile import ByteOrder, Point
from edge_agent.drivers.linear_scale import linear_scale
from edge_agent.drivers.modbus.words import NUMBER_FORMATS
from gateway.messages import Quality, Value

_SWAPPED_IN_LITTLE: dict[ByteOrder, tuple[bool, str]] = {
    "ABCD": (False, ">"), "DCBA": (False, "<"), "BADC": (True, ">"), "CDAB": (True, "<"),
}  # fmt: skip
"""Byte order -> whether it is read from words whose bytes were swapped, and struct's sign for the order then."""


@dataclass(frozen=True, slots=True)
class PointDecoder:
    """`unpack(data, offset)[0]` is the raw number, `value_of` its value in base units and quality.

    `data` are the words as they came, big-endian, or with the bytes of each word swapped when `is_swapped`.
    """

    name: str
    is_swapped: bool
    unpack: Callable[[bytes, int], tuple[int | float, ...]]
    value_of: Callable[[Any], tuple[Value, Quality]]


def point_decoder(point: Point, ratio: Decimal, order: ByteOrder) -> PointDecoder | None:
    """The decoder of a plain number register, shared by all devices of a model; None when the point is none.

    `ratio` is the product of the point's ratio parameters, `order` the profile's byte order.
    """
    return _compiled(_Same(point), ratio, order)


class _Same:
    """A point as a key: itself, whatever it equals."""

    __slots__ = ("point",)

    def __init__(self, point: Point) -> None:
        self.point = point

    def __hash__(self) -> int:
        return id(self.point)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.point is other.point


@lru_cache(maxsize=8_192)
def _compiled(same: _Same, ratio: Decimal, order: ByteOrder) -> PointDecoder | None:
    point = same.point
    place = point.register_place
    if place is None or place.type not in NUMBER_FORMATS or point.fraction or point.scale_ref is not None:
        return None
    is_float = place.type.startswith("float")
    if point.pf_4q or (is_float and (point.sentinel or point.mask is not None)):
        return None
    scale = linear_scale(point, ratio, is_float=is_float)
    if scale is None:
        return None
    is_swapped, sign = _SWAPPED_IN_LITTLE[place.byte_order or order]
    unpack = struct.Struct(sign + NUMBER_FORMATS[place.type][1:]).unpack_from
    if is_float:
        return PointDecoder(point.name, is_swapped, unpack, _finite(scale.of_float))
    sentinels = _raw_sentinels(point, NUMBER_FORMATS[place.type])
    of_raw = scale.of_whole if not sentinels and point.mask is None else _masked(scale.of_whole, sentinels, point.mask)
    return PointDecoder(point.name, is_swapped, unpack, of_raw)


def _finite(of_float: Callable[[float], tuple[Value, Quality]]) -> Callable[[float], tuple[Value, Quality]]:
    def value_of(raw: float) -> tuple[Value, Quality]:
        return of_float(raw) if math.isfinite(raw) else (None, Quality.BAD)

    return value_of


def _masked(
    of_whole: Callable[[int], tuple[Value, Quality]], sentinels: frozenset[int], mask: int | None
) -> Callable[[int], tuple[Value, Quality]]:
    def value_of(raw: int) -> tuple[Value, Quality]:
        if raw in sentinels:
            return None, Quality.GOOD
        return of_whole(raw if mask is None else raw & mask)

    return value_of


def _raw_sentinels(point: Point, number_format: str) -> frozenset[int]:
    """The raw numbers that mean "no value": a sentinel may be written signed or as the bit pattern."""
    size = struct.calcsize(number_format)
    patterns = [one.to_bytes(size, "big") for one in point.sentinel if 0 <= one < 1 << 8 * size]
    return frozenset({*point.sentinel, *(struct.unpack(number_format, one)[0] for one in patterns)})
