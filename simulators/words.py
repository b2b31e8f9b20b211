"""Turns values into register words as a meter would: the simulators' own encoder, never that of the code under test.

Inverse of the profile's rule `value in unit = ((raw & mask) + fraction) * 10^sf * scale + offset, times the ratios`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from device_profiles.profile import ByteOrder, Point

Number = bool | int | float | Decimal
Content = Number | str
"""What a point may be given; text only for registers of type string(n)."""

_EXACT = Context(prec=60)
_PACK: dict[str, str] = {
    "uint16": ">H", "bitfield16": ">H", "enum16": ">H", "bool": ">H", "int16": ">h", "sunssf": ">h",
    "uint32": ">I", "bitfield32": ">I", "int32": ">i", "float32": ">f",
    "uint64": ">Q", "int64": ">q", "float64": ">d",
}  # fmt: skip
_FLOATS = ("float32", "float64")


def raw_number(point: Point, value: Number, params: Mapping[str, Decimal]) -> Decimal:
    """What the register would have to hold for `value` (in base units), exact and not yet fitted to its type."""
    number = _EXACT.divide(_decimal(value) - point.display_unit.offset, point.display_unit.factor)
    for name in point.ratio:
        number = _EXACT.divide(number, params[name])
    return _EXACT.divide(number - point.offset, point.scale)


def value_of(point: Point, raw: Decimal, params: Mapping[str, Decimal]) -> Decimal:
    """The value, in base units, that stands for the register content `raw`."""
    number = raw * point.scale + point.offset
    for name in point.ratio:
        number *= params[name]
    return point.display_unit.to_base(number)


def encode_point(
    point: Point,
    value: Content | None,
    params: Mapping[str, Decimal],
    byte_order: ByteOrder = "ABCD",
    exponent: int = 0,
) -> dict[int, int]:
    """Register address -> word for one point; None becomes the point's first sentinel.

    `exponent` is the power of ten that the device gives as the point's scale factor.

    Raises ValueError for None without a sentinel, KeyError for a ratio that is not among `params`.
    """
    place = point.register_place
    if place is None:
        raise ValueError(f"{point.name} lies in no register")
    order = place.byte_order or byte_order
    if value is None:
        if not point.sentinel:
            raise ValueError(f"{point.name} has no sentinel for a missing value")
        return _placed(place.address, encode(_unsigned(place.type), point.sentinel[0], order))
    if isinstance(value, str) or place.type.startswith("string"):
        return _placed(place.address, encode(place.type, str(value), order))
    raw = raw_number(point, value, params).scaleb(-exponent)
    if point.fraction is None:
        return _placed(
            place.address, encode(place.type, fit(place.type, raw, is_counter=point.kind == "counter"), order)
        )
    whole = raw.to_integral_value(ROUND_FLOOR)
    part_order = point.fraction.byte_order or byte_order
    return {
        **_placed(place.address, encode(place.type, int(whole), order)),
        **_placed(point.fraction.address, encode(point.fraction.type, float(raw - whole), part_order)),
    }


def fit(register_type: str, raw: Decimal, *, is_counter: bool) -> int | float:
    """`raw` as its register holds it: counters are cut off and wrap, other integers are rounded and stop at the end."""
    if register_type in _FLOATS:
        return float(raw)
    low, high = _bounds(register_type)
    if is_counter:
        return int(raw.to_integral_value(ROUND_FLOOR)) % (high + 1)
    return min(max(int(raw.to_integral_value(ROUND_HALF_EVEN)), low), high)


def encode(register_type: str, number: int | float | str, byte_order: ByteOrder = "ABCD") -> list[int]:
    """The words of one register value; raises ValueError if it does not fit the type.

    `byte_order`: ABCD is big-endian, CDAB low word first, BADC and DCBA the same two with the bytes of each word
    exchanged.
    """
    data = _bytes_of(register_type, number)
    words = [data[at : at + 2] for at in range(0, len(data), 2)]
    if byte_order in ("CDAB", "DCBA"):
        words.reverse()
    if byte_order in ("BADC", "DCBA"):
        words = [word[::-1] for word in words]
    return [int.from_bytes(word, "big") for word in words]


def decode(register_type: str, words: Sequence[int], byte_order: ByteOrder = "ABCD") -> int | float:
    """The number in the words of a write request, for the types a writable register may have."""
    parts = [word.to_bytes(2, "big") for word in words]
    if byte_order in ("BADC", "DCBA"):
        parts = [part[::-1] for part in parts]
    if byte_order in ("CDAB", "DCBA"):
        parts.reverse()
    number: int | float = struct.unpack(_PACK[register_type], b"".join(parts))[0]
    return number


def float_in_register(register_type: str, number: float) -> float:
    """`number` as a float register keeps it."""
    kept: float = struct.unpack(_PACK[register_type], struct.pack(_PACK[register_type], number))[0]
    return kept


def _bytes_of(register_type: str, number: int | float | str) -> bytes:
    if register_type in _PACK:
        try:
            return struct.pack(_PACK[register_type], number)
        except (struct.error, OverflowError) as error:
            raise ValueError(f"{number!r} does not fit {register_type}: {error}") from error
    name, size = register_type.split("(")[0], 2 * int(register_type[register_type.index("(") + 1 : -1])
    if name == "string":
        text = str(number).encode("ascii")
        if len(text) > size:
            raise ValueError(f"{number!r} does not fit {register_type}")
        return text.ljust(size, b"\0")
    digits = f"{int(number):0{2 * size}d}"
    if len(digits) > 2 * size or int(number) < 0:
        raise ValueError(f"{number!r} does not fit {register_type}")
    return bytes.fromhex(digits)


def _unsigned(register_type: str) -> str:
    """The type that takes a sentinel written as bits."""
    return {"int16": "uint16", "int32": "uint32", "int64": "uint64", "float32": "uint32", "float64": "uint64"}.get(
        register_type, register_type
    )


def _bounds(register_type: str) -> tuple[int, int]:
    if register_type == "bool":
        return 0, 1
    if register_type.startswith("bcd"):
        return 0, 10 ** (4 * int(register_type[4:-1])) - 1
    bits = 8 * struct.calcsize(_PACK[register_type])
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if _PACK[register_type].islower() else (0, 2**bits - 1)


def _placed(address: int, words: Sequence[int]) -> dict[int, int]:
    return {address + offset: word for offset, word in enumerate(words)}


def _decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value)
