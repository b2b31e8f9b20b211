"""Register words to readings, and values to register words: the only place that knows byte orders and codings."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from device_profiles.profile import ByteOrder, Gate, Point, Profile, Register, Table
from device_profiles.sunspec import NOT_IMPLEMENTED
from edge_agent.drivers.scaling import (
    EXACT,
    engineering_value,
    params_in_force,
    ratio_of,
    raw_value,
    to_display,
    within,
)
from gateway.messages import Quality, Reading, Value

Words = Mapping[tuple[str, int], int]
"""Raw words (coils: 0 or 1) by table and wire address."""

NUMBER_FORMATS: dict[str, str] = {
    "uint16": ">H", "int16": ">h", "bitfield16": ">H", "enum16": ">H", "sunssf": ">h",
    "uint32": ">I", "int32": ">i", "float32": ">f", "bitfield32": ">I",
    "uint64": ">Q", "int64": ">q", "float64": ">d",
}  # fmt: skip
MOST_EXPONENT = 10
"""Scale factors of SunSpec lie in -10..10."""

_WORDS_REVERSED: tuple[ByteOrder, ...] = ("CDAB", "DCBA")
_BYTES_SWAPPED: tuple[ByteOrder, ...] = ("BADC", "DCBA")


@dataclass(frozen=True, slots=True)
class _Raw:
    """What the registers say before scaling; `number` is None for a sentinel (GOOD) or nonsense (BAD)."""

    number: Decimal | None = None
    text: str | None = None
    quality: Quality = Quality.GOOD


_NONSENSE = _Raw(quality=Quality.BAD)


def decode_points(
    profile: Profile,
    params: Mapping[str, Decimal],
    words: Words,
    measured_ms: int,
    points: Sequence[Point] | None = None,
) -> list[Reading]:
    """Readings of `points` (default: all of the profile) in base units; points whose words are absent are left out.

    A sentinel is None and GOOD (the device says that it has no value); NaN, infinity and invalid BCD are None and BAD;
    outside the range the value is kept and BAD. A closed gate makes its points BAD: the gate point is outside its
    range, not good, or its words are absent.
    """
    in_force = params_in_force(profile, params)
    order = profile.link.byte_order
    closed = {
        name for gate in profile.gates if not _is_open(gate, profile, in_force, words, order) for name in gate.points
    }
    readings = []
    for point in profile.all_points if points is None else points:
        raw = _raw(point, words, order)
        if raw is not None:
            value, quality = _value(point, raw, in_force)
            readings.append(Reading(point.name, value, measured_ms, Quality.BAD if point.name in closed else quality))
    return readings


def encode_value(
    point: Point,
    params: Mapping[str, Decimal],
    value: float,
    byte_order: ByteOrder = "ABCD",
    words: Words | None = None,
) -> list[int]:
    """The raw words of `value` (base units) in wire order; `byte_order` is the profile's, a point's own goes first.

    A point with a scale factor needs the `words` that hold it. Raises ValueError when the register cannot hold the
    value or the scale factor is absent, KeyError when a ratio parameter is missing.
    """
    place = point.register_place
    if place is None or point.fraction is not None or (place.type not in NUMBER_FORMATS and place.type != "bool"):
        raise ValueError(f"{point.name} has no single register to write")
    raw = raw_value(point, Decimal(repr(float(value))), ratio_of(point, params))
    if point.scale_ref is not None:
        exponent = _scale_factor(place.table, point.scale_ref, words or {})
        if exponent is None or exponent.number is None:
            raise ValueError(f"{point.name}: the device tells no scale factor")
        raw = raw.scaleb(-int(exponent.number))
    if place.type == "bool":
        if raw not in (0, 1):
            raise ValueError(f"{point.name}: a coil takes 0 or 1, not {value}")
        return [int(raw)]
    number = float(raw) if place.type.startswith("float") else int(raw.to_integral_value())
    try:
        data = struct.pack(NUMBER_FORMATS[place.type], number)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"{point.name}: {value} does not fit {place.type}") from error
    return list(struct.unpack(f">{len(data) // 2}H", _reorder(data, place.byte_order or byte_order)))


def _is_open(gate: Gate, profile: Profile, params: Mapping[str, Decimal], words: Words, order: ByteOrder) -> bool:
    when = profile.point(gate.when)
    raw = _raw(when, words, order)
    if raw is None or raw.number is None:
        return False
    shown = to_display(when, raw.number, ratio_of(when, params))
    return within(when.range, shown) and within(gate.range, shown)


def _value(point: Point, raw: _Raw, params: Mapping[str, Decimal]) -> tuple[Value, Quality]:
    if raw.text is not None:
        return raw.text, raw.quality
    if raw.number is None:
        return None, raw.quality
    return engineering_value(point, raw.number, ratio_of(point, params))


def _raw(point: Point, words: Words, order: ByteOrder) -> _Raw | None:
    """None when a word is absent: what the registers hold, with its fraction, scale factor and quadrant worked in."""
    place = point.register_place
    if place is None:
        return None
    raw = _read_register(place, words, order, point.sentinel, point.mask)
    if point.fraction is not None:
        raw = _joined(raw, _read_register(point.fraction, words, order), Decimal.__add__)
    if point.scale_ref is not None:
        raw = _joined(raw, _scale_factor(place.table, point.scale_ref, words), Decimal.scaleb)
    if raw is not None and raw.number is not None and point.pf_4q:
        return _Raw(_without_quadrant(raw.number))
    return raw


def _joined(one: _Raw | None, other: _Raw | None, join: Callable[[Decimal, Decimal], Decimal]) -> _Raw | None:
    """Both numbers in one, exact; None when one was not read, no number when one of them is none."""
    if one is None or other is None:
        return None
    if one.number is None or other.number is None:
        return _Raw(quality=min(one.quality, other.quality))
    with localcontext(EXACT):
        return _Raw(join(one.number, other.number))


def _scale_factor(table: Table, address: int, words: Words) -> _Raw | None:
    """The exponent of ten that a SunSpec device gives for its values: -10..10, or not implemented."""
    word = words.get((table, address))
    if word is None:
        return None
    if word == NOT_IMPLEMENTED["sunssf"]:
        return _Raw()
    exponent = word - 0x1_0000 if word & 0x8000 else word
    return _Raw(Decimal(exponent)) if abs(exponent) <= MOST_EXPONENT else _NONSENSE


def _without_quadrant(number: Decimal) -> Decimal:
    """The power factor of a Schneider "4-quadrant" register: beyond +-1 it is +-2 minus the raw value.

    Source: iEM3000 series user manual DOCA0005EN and PM5500 user manual HRB1684301, "power factor register format".
    A raw value beyond +-2 means nothing and stays as it is, outside every range.
    """
    if not 1 < abs(number) <= 2:
        return number
    with localcontext(EXACT):
        return Decimal(2).copy_sign(number) - number


def _read_register(
    place: Register, words: Words, order: ByteOrder, sentinel: Sequence[int] = (), mask: int | None = None
) -> _Raw | None:
    try:
        raw_words = [words[place.table, place.address + index] for index in range(place.words)]
    except KeyError:
        return None
    order = place.byte_order or order
    if place.type == "bool":
        return _Raw(Decimal(int(bool(raw_words[0]))))
    data = struct.pack(f">{len(raw_words)}H", *raw_words)
    if place.type.startswith("string"):
        # Words of a text stand in reading order even where numbers come low word first.
        return _text(_reorder(data, "BADC" if order in _BYTES_SWAPPED else "ABCD"))
    data = _reorder(data, order)
    if place.type.startswith("bcd"):
        digits = data.hex()
        return _Raw(Decimal(digits)) if digits.isdecimal() else _NONSENSE
    number = struct.unpack(NUMBER_FORMATS[place.type], data)[0]
    # A sentinel may be written signed or as the bit pattern.
    if number in sentinel or int.from_bytes(data, "big") in sentinel:
        return _Raw()
    if mask is not None:
        return _Raw(Decimal(number & mask))
    return _Raw(Decimal(number)) if math.isfinite(number) else _NONSENSE


def _text(data: bytes) -> _Raw:
    try:
        return _Raw(text=data.split(b"\0")[0].decode("utf-8").strip())
    except UnicodeDecodeError:
        return _NONSENSE


def _reorder(data: bytes, order: ByteOrder) -> bytes:
    """Between `order` and big-endian; every order is its own inverse."""
    if order == "ABCD":
        return data
    words = [data[index : index + 2] for index in range(0, len(data), 2)]
    if order in _WORDS_REVERSED:
        words.reverse()
    if order in _BYTES_SWAPPED:
        words = [word[::-1] for word in words]
    return b"".join(words)
