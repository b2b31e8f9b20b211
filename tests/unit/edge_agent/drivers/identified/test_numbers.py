from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.point import Point
from edge_agent.drivers.cjt188.units import UNIT_CODES
from edge_agent.drivers.identified.numbers import NO_VALUE, NONSENSE, RawNumber, raw_number


def raw(data: str, unit: str = "1", **field: Any) -> RawNumber:
    point = Point.model_validate({"name": "P", "unit": unit, "data": {"id": 1, **field}})
    assert point.data is not None
    return raw_number(point, point.data, bytes.fromhex(data), UNIT_CODES)


@pytest.mark.parametrize(
    ("data", "field", "number"),
    [
        ("78 56 34 12", {"bytes": 4}, 12345678),
        ("00 00 00 00", {"bytes": 4}, 0),
        ("05 01 80", {"bytes": 3, "coding": "signed_bcd"}, -105),
        ("99 99 79", {"bytes": 3, "coding": "signed_bcd"}, 799999),
        ("99 99 F9", {"bytes": 3, "coding": "signed_bcd"}, -799999),
        ("01 23 98 22", {"bytes": 2, "at": 2}, 2298),
        ("21 84", {"bytes": 2, "coding": "binary"}, 0x8421),
        ("FF FF", {"bytes": 2, "coding": "binary"}, 0xFFFF),
    ],
)
def test_digits_are_read_low_byte_first(data: str, field: dict[str, Any], number: int) -> None:
    assert raw(data, **field) == RawNumber(Decimal(number))


def test_minus_nothing_is_nothing() -> None:
    assert str(raw("00 00 80", bytes=3, coding="signed_bcd").number) == "0"


@pytest.mark.parametrize("coding", ["bcd", "signed_bcd"])
def test_bytes_of_ones_tell_that_there_is_no_value(coding: str) -> None:
    assert raw("FF FF FF", bytes=3, coding=coding) == NO_VALUE


@pytest.mark.parametrize("data", ["1A 50", "A0 00", "FF 12", "12 FF", "12"])
def test_bytes_that_are_no_digits_are_no_value_and_bad(data: str) -> None:
    assert raw(data, bytes=2) == NONSENSE


@pytest.mark.parametrize(
    ("code", "unit", "number"),
    [
        ("2C", "m3", "123456"),
        ("29", "m3", "123.456"),
        ("2C", "L", "123456000"),
        ("05", "GJ", "444.4416"),
        ("08", "GJ", "444441.6"),
        ("0E", "GJ", "123.456"),
        ("11", "MJ", "123456000"),
        ("17", "kW", "123456"),
        ("35", "L/h", "123456000"),
    ],
)
def test_a_value_is_converted_from_the_unit_that_the_meter_tells(code: str, unit: str, number: str) -> None:
    assert raw(f"56 34 12 00 {code}", unit, bytes=4, unit_code=True) == RawNumber(Decimal(number))


@pytest.mark.parametrize(("code", "unit"), [("00", "m3"), ("FF", "m3"), ("05", "m3"), ("2C", "GJ"), ("35", "m3")])
def test_an_unknown_unit_or_one_of_another_quantity_is_no_value_and_bad(code: str, unit: str) -> None:
    assert raw(f"56 34 12 00 {code}", unit, bytes=4, unit_code=True) == NONSENSE


def test_a_unit_that_was_cut_off_is_no_value_and_bad() -> None:
    assert raw("56 34 12 00", "m3", bytes=4, unit_code=True) == NONSENSE


@given(st.binary(min_size=1, max_size=8), st.sampled_from(["bcd", "signed_bcd"]))
def test_no_bytes_give_a_number_that_they_do_not_spell(data: bytes, coding: str) -> None:
    found = raw(data.hex(), bytes=len(data), coding=coding).number
    if found is not None:
        spelt = f"{abs(int(found)):0{len(data) * 2}d}"
        head = int(spelt[0]) + (8 if found < 0 else 0)
        first = data[::-1].hex()[0]
        assert data[::-1].hex()[1:] == spelt[1:]
        assert first in (f"{head:x}", f"{head | 8:x}")
