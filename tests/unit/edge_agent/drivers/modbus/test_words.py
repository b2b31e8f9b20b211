import math
import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import Profile
from edge_agent.drivers.modbus.words import decode_points, encode_value
from gateway.messages import Quality, Reading
from tests.support.profiles import profile_of
from tests.support.profiles import register as point

AT_MS = 1_790_000_000_000


def registers(*values: int, start: int = 0, table: str = "holding") -> dict[tuple[str, int], int]:
    return {(table, start + index): value for index, value in enumerate(values)}


def read_one(words: dict[tuple[str, int], int], params: dict[str, Decimal] | None = None, **parts: Any) -> Reading:
    profile = profile_of(point(**parts), params={name: {} for name in parts.get("ratio", ())})
    (reading,) = decode_points(profile, params or {}, words, AT_MS)
    return reading


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("ABCD", (0x4366, 0x1999)),
        ("CDAB", (0x1999, 0x4366)),
        ("BADC", (0x6643, 0x9919)),
        ("DCBA", (0x9919, 0x6643)),
    ],
)
def test_a_float_reads_the_same_in_all_four_byte_orders(order: str, words: tuple[int, int]) -> None:
    reading = read_one(registers(*words), type="float32", unit="V", byte_order=order)
    assert reading == Reading("Value", pytest.approx(230.1, abs=1e-4), AT_MS)


@pytest.mark.parametrize(
    ("coding", "words", "value"),
    [
        ("uint16", (0xFFFE,), 65534),
        ("int16", (0xFFFE,), -2),
        ("enum16", (3,), 3),
        ("bitfield16", (0b101,), 5),
        ("uint32", (0x0001, 0x0002), 65538),
        ("int32", (0xFFFF, 0xFFFF), -1),
        ("bitfield32", (0x8000, 0x0001), 2147483649),
        ("uint64", (0, 1, 0, 0), 2**32),
        ("int64", (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE), -2),
        ("bcd(2)", (0x1234, 0x5678), 12345678),
    ],
)
def test_whole_types_come_out_as_whole_numbers(coding: str, words: tuple[int, ...], value: int) -> None:
    reading = read_one(registers(*words), type=coding, kind="state")
    assert reading.value == value
    assert isinstance(reading.value, int)


def test_low_word_first_reads_the_raw_example_of_the_flow_meter() -> None:
    profile = profile_of(point(type="float32", unit="°C"), link={"byte_order": "CDAB"})
    (reading,) = decode_points(profile, {}, registers(0x806B, 0x4212), AT_MS)
    assert reading.value == pytest.approx(36.6254, abs=1e-4)


def test_counters_scale_exactly_to_whole_base_units() -> None:
    # 4294967295 counts of 0.01 kWh times CT 60 and PT 1: a float would lose the last watt-hours.
    reading = read_one(
        registers(0xFFFF, 0xFFFF),
        {"ct": Decimal(60), "pt": Decimal(1)},
        type="uint32",
        scale="0.01",
        unit="kWh",
        kind="counter",
        ratio=["ct", "pt"],
    )
    assert reading.value == 2_576_980_377_000
    assert isinstance(reading.value, int)


def test_a_float_counter_is_taken_as_the_exact_float_and_rounded_half_even() -> None:
    high, low = struct.unpack(">2H", struct.pack(">f", 123456.7))
    reading = read_one(registers(high, low), type="float32", unit="kWh", kind="counter")
    # The float nearest to 123456.7 is 123456.703125.
    assert reading.value == 123_456_703
    half = struct.unpack(">2H", struct.pack(">f", 2.5))
    assert read_one(registers(*half), type="float32", unit="Wh", kind="counter").value == 2


def test_integer_and_fraction_are_added_before_scaling() -> None:
    parts = struct.unpack(">2H", struct.pack(">i", 12345)) + struct.unpack(">2H", struct.pack(">f", 0.678))
    reading = read_one(
        registers(*parts),
        type="int32",
        unit="m3",
        kind="counter",
        fraction={"table": "holding", "address": 2, "type": "float32"},
    )
    assert reading.value == 12_345_678


def test_a_value_without_its_fraction_is_left_out() -> None:
    profile = profile_of(
        point(type="int32", kind="counter", fraction={"table": "holding", "address": 2, "type": "float32"})
    )
    assert decode_points(profile, {}, registers(0, 5), AT_MS) == []


def test_gauges_come_in_base_units_as_floats() -> None:
    reading = read_one(registers(0xFFFF, 0xFC18), type="int32", scale="0.001", unit="kW")
    assert reading.value == -1000.0
    assert isinstance(reading.value, float)


def test_a_coil_is_a_truth_value() -> None:
    profile = profile_of(point(table="coil", type="bool", kind="state"))
    (reading,) = decode_points(profile, {}, registers(1, table="coil"), AT_MS)
    assert reading.value is True


def test_a_mask_takes_part_of_a_register() -> None:
    assert read_one(registers(0x5362), type="uint16", mask=0x00FF, kind="state").value == 98


def test_a_sentinel_means_no_value_whether_written_signed_or_as_bits() -> None:
    for sentinel in (-32768, 32768):
        assert read_one(registers(0x8000), type="int16", sentinel=[sentinel]) == Reading("Value", None, AT_MS)


@pytest.mark.parametrize("bits", [0x7FC0_0000, 0x7F80_0000])
def test_a_float_that_is_no_number_is_bad_and_has_no_value(bits: int) -> None:
    reading = read_one(registers(bits >> 16, bits & 0xFFFF), type="float32")
    assert (reading.value, reading.quality) == (None, Quality.BAD)


def test_invalid_bcd_digits_are_bad_and_have_no_value() -> None:
    reading = read_one(registers(0x12A4), type="bcd(1)", kind="counter")
    assert (reading.value, reading.quality) == (None, Quality.BAD)


def test_a_value_outside_its_range_is_kept_and_bad() -> None:
    reading = read_one(registers(3000), scale="0.1", unit="V", range=[80, 290])
    assert (reading.value, reading.quality) == (300.0, Quality.BAD)


def test_the_range_counts_after_the_ratio() -> None:
    reading = read_one(registers(10), {"ct": Decimal(100)}, unit="A", ratio=["ct"], range=[0, 500])
    assert (reading.value, reading.quality) == (1000.0, Quality.BAD)


def test_text_ends_at_the_first_nul() -> None:
    assert read_one(registers(0x4142, 0x4300), type="string(2)", kind="text").value == "ABC"


def test_points_whose_words_are_absent_are_left_out() -> None:
    profile = profile_of(point("A", 0, "uint32"), point("B", 2))
    assert [reading.point for reading in decode_points(profile, {}, registers(7, start=2), AT_MS)] == ["B"]


def gated() -> Profile:
    return profile_of(
        point("Flow", 0, unit="m3/h"),
        point("Signal", 1, kind="state", range=[0, 99]),
        gates=[{"when": "Signal", "range": [30, 99], "points": ["Flow"]}],
    )


@pytest.mark.parametrize(
    ("signal", "quality"), [(30, Quality.GOOD), (99, Quality.GOOD), (29, Quality.BAD), (100, Quality.BAD)]
)
def test_a_gate_decides_the_quality_of_its_points(signal: int, quality: Quality) -> None:
    flow = decode_points(gated(), {}, registers(0, signal), AT_MS)[0]
    assert (flow.value, flow.quality) == (0.0, quality)


def test_a_gate_that_was_not_read_is_closed() -> None:
    (flow,) = decode_points(gated(), {}, registers(5), AT_MS)
    assert flow.quality is Quality.BAD


def test_a_gate_counts_even_when_its_point_is_not_asked_for() -> None:
    profile = gated()
    (flow,) = decode_points(profile, {}, registers(5, 50), AT_MS, [profile.point("Flow")])
    assert flow.quality is Quality.GOOD


def setpoint(coding: str, **parts: Any) -> Any:
    return profile_of(
        writable=[
            point("Setpoint", 4, coding, write="fc16", limits=[-1000, 1000], safe_value=0, **parts),
        ],
        params={"ct": {}},
    ).writable[0]


def test_a_value_to_write_goes_back_through_unit_ratio_and_scale() -> None:
    assert encode_value(setpoint("int16", scale="0.1", unit="°C"), {}, 25.6) == [256]
    assert encode_value(setpoint("int32", scale="0.001", unit="kW", ratio=["ct"]), {"ct": Decimal(50)}, -100_000.0) == [
        0xFFFF,
        0xF830,
    ]
    assert encode_value(setpoint("float32"), {}, 1.0, "CDAB") == [0, 0x3F80]


@pytest.mark.parametrize("value", [32768.0, -32769.0])
def test_a_value_that_does_not_fit_its_register_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="does not fit int16"):
        encode_value(setpoint("int16"), {}, value)


def test_a_coil_takes_nothing_but_zero_and_one() -> None:
    coil = profile_of(
        writable=[
            {
                "name": "Relay/1",
                "table": "coil",
                "address": 0,
                "type": "bool",
                "kind": "state",
                "write": "fc5",
                "limits": [0, 1],
                "safe_value": 0,
            }
        ]
    ).writable[0]
    assert [encode_value(coil, {}, value) for value in (0.0, 1.0)] == [[0], [1]]
    with pytest.raises(ValueError, match="0 or 1"):
        encode_value(coil, {}, 0.5)


@given(
    raw=st.integers(-(2**31), 2**31 - 1),
    order=st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]),
    scale=st.sampled_from(["1", "0.1", "0.01", "0.001"]),
)
def test_what_is_written_reads_back_as_the_same_value(raw: int, order: Any, scale: str) -> None:
    profile = profile_of(
        link={"byte_order": order},
        writable=[point("Setpoint", 4, "int32", scale=scale, write="fc16", limits=[0, 1], safe_value=0)],
    )
    value = float(Decimal(raw) * Decimal(scale))
    words = encode_value(profile.writable[0], {}, value, order)
    (reading,) = decode_points(profile, {}, registers(*words, start=4), AT_MS)
    assert reading.value == value


@given(bits=st.integers(0, 2**32 - 1))
def test_no_bit_pattern_of_a_float_becomes_a_value_that_is_no_number(bits: int) -> None:
    reading = read_one(registers(bits >> 16, bits & 0xFFFF), type="float32", unit="kWh", kind="counter")
    if reading.value is None:
        assert reading.quality is Quality.BAD
    else:
        assert isinstance(reading.value, int)
        assert math.isfinite(reading.value)


@given(st.integers(-32_767, 32_767), st.integers(-10, 10))
def test_a_scale_factor_in_a_register_moves_the_point_exactly(raw: int, exponent: int) -> None:
    words = registers(raw & 0xFFFF, 0, exponent & 0xFFFF)
    reading = read_one(words, coding="int16", unit="W", scale_ref=2)
    assert reading == Reading("Value", float(Decimal(raw).scaleb(exponent)), AT_MS)


@given(st.integers(0, 1000), st.integers(-4, 2))
def test_what_is_written_with_a_scale_factor_reads_back(value: int, exponent: int) -> None:
    profile = profile_of(point(coding="uint16", unit="W", scale_ref=1))
    whole = value * 10**exponent if exponent > 0 else value
    scale = {("holding", 1): exponent & 0xFFFF}
    try:
        (word,) = encode_value(profile.points[0], {}, whole, "ABCD", scale)
    except ValueError:
        assert whole / 10.0**exponent > 65_535
        return
    (reading,) = decode_points(profile, {}, {("holding", 0): word, **scale}, AT_MS)
    assert reading.value == pytest.approx(whole)


@pytest.mark.parametrize("scale", [{}, {("holding", 1): 0x8000}, {("holding", 1): 11}])
def test_nothing_is_written_while_the_scale_factor_is_unknown(scale: dict[tuple[str, int], int]) -> None:
    profile = profile_of(point(coding="uint16", unit="W", scale_ref=1))
    with pytest.raises(ValueError, match="no scale factor"):
        encode_value(profile.points[0], {}, 5, "ABCD", scale)


@given(st.floats(-1, 1, width=32), st.booleans())
def test_a_power_factor_in_any_quadrant_comes_out_between_minus_one_and_one(factor: float, is_other: bool) -> None:
    raw = math.copysign(2, factor) - factor if is_other and factor else factor
    high, low = struct.unpack(">HH", struct.pack(">f", raw))
    reading = read_one(registers(high, low), coding="float32", pf_4q=True, range=[-1, 1])
    assert reading.quality is Quality.GOOD
    assert reading.value == pytest.approx(factor, abs=1e-6)
