"""The simulators' encoder against struct."""

from __future__ import annotations

import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import REGISTER_TYPES, ByteOrder, Point, Register
from simulators.words import decode, encode, encode_point, fit

_FORMATS = {
    "bool": "H", "uint16": "H", "bitfield16": "H", "enum16": "H", "int16": "h", "sunssf": "h",
    "uint32": "I", "bitfield32": "I", "int32": "i", "uint64": "Q", "int64": "q", "float32": "f", "float64": "d",
}  # fmt: skip
_ORDERS: list[ByteOrder] = ["ABCD", "CDAB", "BADC", "DCBA"]
NUMBERS = st.sampled_from(sorted(REGISTER_TYPES)).flatmap(
    lambda name: st.tuples(st.just(name), st.binary(min_size=2 * _words(name), max_size=2 * _words(name)))
)


def _words(name: str) -> int:
    return struct.calcsize(f">{_FORMATS[name]}") // 2


def _expected(data: bytes, order: ByteOrder) -> list[int]:
    """The four orders spelled out byte by byte, for a value of one word or more."""
    words = [data[at : at + 2] for at in range(0, len(data), 2)]
    placed = {
        "ABCD": b"".join(words),
        "CDAB": b"".join(words[::-1]),
        "BADC": b"".join(bytes([word[1], word[0]]) for word in words),
        "DCBA": data[::-1],
    }[order]
    return list(struct.unpack(f">{len(data) // 2}H", placed))


@given(NUMBERS, st.sampled_from(_ORDERS))
def test_words_are_those_of_struct_in_every_byte_order(number: tuple[str, bytes], order: ByteOrder) -> None:
    name, data = number
    value = struct.unpack(f">{_FORMATS[name]}", data)[0]
    if value != value:  # NaN keeps no payload
        return
    assert encode(name, value, order) == _expected(data, order)
    assert decode(name, encode(name, value, order), order) == value


def test_every_register_type_of_the_profiles_is_known() -> None:
    assert set(_FORMATS) == set(REGISTER_TYPES)
    assert all(len(encode(name, 1)) == REGISTER_TYPES[name] for name in REGISTER_TYPES)


def test_texts_and_bcd_fill_their_registers() -> None:
    assert encode("string(3)", "ABC") == [0x4142, 0x4300, 0]
    assert encode("bcd(2)", 20261123) == [0x2026, 0x1123]
    with pytest.raises(ValueError, match="does not fit"):
        encode("bcd(1)", 12345)
    with pytest.raises(ValueError, match="does not fit"):
        encode("uint16", 70000)


def _point(**changes: object) -> Point:
    return Point.model_validate({"name": "P", "table": "holding", "address": 10, "type": "uint16", **changes})


def test_scale_offset_ratio_and_unit_are_turned_round() -> None:
    # 300 A through a 60:1 transformer is 5 A, in hundredths of an ampere 500.
    current = _point(unit="A", scale="0.01", ratio=("ct",))
    assert encode_point(current, 300.0, {"ct": Decimal(60)}) == {10: 500}
    # 1234.57 kWh in hundredths, exactly, although 1234.57 is no binary number.
    energy = _point(unit="kWh", scale="0.01", type="uint32", kind="counter")
    assert encode_point(energy, 1_234_570, {}) == {10: 1, 11: 57_921}
    # A temperature sent as half degrees above -40.
    temperature = _point(unit="°C", scale="0.5", offset="-40")
    assert encode_point(temperature, 21.5, {}) == {10: 123}


def test_a_counter_is_cut_off_and_wraps_while_a_gauge_is_rounded_and_stops() -> None:
    assert fit("uint16", Decimal("12.99"), is_counter=True) == 12
    assert fit("uint16", Decimal(65_536 + 7), is_counter=True) == 7
    assert fit("uint16", Decimal("12.99"), is_counter=False) == 13
    assert fit("uint16", Decimal(70_000), is_counter=False) == 65_535
    assert fit("int16", Decimal(-70_000), is_counter=False) == -32_768


def test_whole_part_and_fraction_go_to_two_registers_low_word_first() -> None:
    volume = _point(
        unit="m3", type="int32", kind="counter", fraction=Register(table="holding", address=12, type="float32")
    )
    low, high = struct.unpack(">HH", struct.pack(">f", 0.5)[2:] + struct.pack(">f", 0.5)[:2])
    assert encode_point(volume, 70_000_500, {}, "CDAB") == {10: 70_000 & 0xFFFF, 11: 1, 12: low, 13: high}


def test_a_missing_value_is_the_sentinel_or_an_error() -> None:
    assert encode_point(_point(sentinel=(65_535,)), None, {}) == {10: 65_535}
    with pytest.raises(ValueError, match="no sentinel"):
        encode_point(_point(), None, {})
