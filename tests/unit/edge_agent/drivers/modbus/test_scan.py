"""The quick way from registers to readings gives, bit for bit, what the plain one in exact decimals gives."""

import struct
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from device_profiles.profile import Point, Profile
from edge_agent.drivers.modbus.plan import plan_blocks, span_of
from edge_agent.drivers.modbus.scan import BlockRead, Scan
from edge_agent.drivers.modbus.words import Words, decode_points
from edge_agent.drivers.scaling import params_in_force
from gateway.messages import Reading
from tests.support.profiles import profile_of, register

AT_MS = 1_790_000_000_000
Bits = dict[str, tuple[object, ...]]
PLAIN = ("uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64", "enum16", "bitfield32")
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6)
odd_words = st.sampled_from((0, 1, 0x7F80, 0x7FFF, 0x8000, 0xFF80, 0xFFFF))
four_words = st.lists(odd_words | st.integers(0, 0xFFFF), min_size=4, max_size=4)
ranges = st.none() | st.tuples(decimals, decimals).map(sorted)


@st.composite
def plain_points(draw: st.DrawFn) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "type": draw(st.sampled_from(PLAIN)),
        "kind": draw(st.sampled_from(("gauge", "counter", "state"))),
        "byte_order": draw(st.sampled_from(("ABCD", "CDAB", "BADC", "DCBA"))),
        "scale": draw(decimals),
        "offset": draw(st.sampled_from((0, 0, "-273.15")) | decimals),
        "unit": draw(st.sampled_from(("1", "°C", "kWh", "m3/h"))),
        "ratio": draw(st.sampled_from(([], ["ct"]))),
    }
    if (limits := draw(ranges)) is not None:
        parts["range"] = list(limits)
    if not str(parts["type"]).startswith("float"):
        parts["mask"] = draw(st.none() | st.sampled_from((1, 0xFF, 0x7FFF)))
        parts["sentinel"] = draw(st.lists(st.sampled_from((-1, 0x7FFF, 0xFFFF, 0x8000, 2**32 - 1)), max_size=2))
    return parts


@given(parts=plain_points(), words=four_words, ct=st.decimals(0, 1000, places=3))
def test_any_plain_point_reads_as_in_exact_decimals(parts: dict[str, Any], words: list[int], ct: Decimal) -> None:
    profile = profile_of(register(**parts), params={"ct": {}})
    quick, exact = both_ways(profile, {"ct": ct}, holding(words))
    assert quick == exact


@given(raw=st.floats(allow_nan=False, width=32), scale=st.sampled_from(("1", "0.1", "-1", "1e-7", "1e300", "1e-300")))
def test_every_float_keeps_its_last_bit(raw: float, scale: str) -> None:
    profile = profile_of(register(type="float32", scale=scale, range=["-273.15", "1000.1"]))
    quick, exact = both_ways(profile, {}, holding(struct.unpack(">2H", struct.pack(">f", raw))))
    assert quick == exact


@pytest.mark.parametrize("raw", [2_728, 2_729, 2_730, 2_731, 2_732, 2_733, 0])
@pytest.mark.parametrize("limits", [["-0.2", "0.1"], ["-0.25", "0.05"], ["0.1", "-0.2"]])
def test_the_ends_of_a_range_belong_to_it(raw: int, limits: list[str]) -> None:
    for scale, offset in (("0.1", "-273.1"), ("-0.1", "273.1")):
        profile = profile_of(register(type="uint16", scale=scale, offset=offset, unit="°C", range=limits))
        quick, exact = both_ways(profile, {}, holding([raw]))
        assert quick == exact


@pytest.mark.parametrize("raw", [0.1, 0.3, 0.7, -0.3])
def test_a_float_beside_the_end_of_a_range_is_not_taken_for_it(raw: float) -> None:
    words = struct.unpack(">4H", struct.pack(">d", raw))
    for limits in (["0.1", "0.3"], ["0.3", "0.7"], ["-0.3", "0.1"]):
        profile = profile_of(register(type="float64", range=limits))
        quick, exact = both_ways(profile, {}, holding(words))
        assert quick == exact


@pytest.mark.parametrize("raw", [1, 3, 5, 0xFFFF, 0xFFFD])
def test_halves_of_a_counter_go_to_the_even_side(raw: int) -> None:
    profile = profile_of(register(type="int16", kind="counter", scale="0.5"))
    quick, exact = both_ways(profile, {}, holding([raw]))
    assert quick == exact


CATALOGUE = load_catalogue()
MODELS = [one.id for one in CATALOGUE.all() if one.driver == "modbus" and one.sunspec is None]


@pytest.mark.parametrize("model", MODELS)
@given(data=st.data())
def test_shipped_profiles_read_as_in_exact_decimals(model: str, data: st.DataObject) -> None:
    """With gates, fractions, digits, texts and quadrants too, and whatever the registers hold."""
    profile = CATALOGUE.get(model)
    seed = data.draw(st.lists(odd_words | st.integers(0, 0xFFFF), min_size=1, max_size=12))
    places = [
        (span.table, address) for span in map(span_of, profile.all_points) for address in range(span.start, span.end)
    ]
    words: Words = {
        place: seed[number % len(seed)] & (1 if place[0] in ("coil", "discrete") else 0xFFFF)
        for number, place in enumerate(places)
    }
    quick, exact = both_ways(profile, {}, words)
    assert quick == exact


def holding(words: Iterable[int]) -> Words:
    """Words in holding registers from 0 on."""
    return {("holding", address): word for address, word in enumerate(words)}


def both_ways(profile: Profile, params: Mapping[str, Decimal], words: Words) -> tuple[Bits, Bits]:
    """What a scan and what exact decimals make of the words."""
    points: list[Point] = list(profile.all_points)
    scan = Scan(profile, params_in_force(profile, params), points)
    blocks = [scan.decoder(block) for block in plan_blocks(map(span_of, points), profile.link)]
    read = [
        BlockRead(one, [words.get((one.block.table, one.block.address + n), 0) for n in range(one.block.count)], AT_MS)
        for one in blocks
    ]
    return bits_of(scan.readings(read)), bits_of(decode_points(profile, params, words, AT_MS))


def bits_of(readings: Iterable[Reading]) -> Bits:
    """By point, with the type and every bit of the value, so that 0.0 and -0.0, 1 and 1.0 and True differ."""
    found: Bits = {}
    for one in readings:
        bits = one.value.hex() if isinstance(one.value, float) else one.value
        found[one.point] = type(one.value), bits, one.quality, one.measured_ms
    return found
