"""Proofs of CJ/T 188 answers: garbage, half frames, echoes, foreign and late frames never become a value."""

from __future__ import annotations

from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.cjt188.frame import READ_DATA, REFUSAL, REPLY, address_bytes, build
from edge_agent.drivers.cjt188.question import AddressQuestion, DataQuestion, FoundMeter
from foundation.errors import DeviceRefused

WATER, HEAT = 0x10, 0x20
ADDRESS = address_bytes("78330011223344")
OTHER = address_bytes("78330011223345")
ASKED = b"\x1f\x90"
DATA = bytes.fromhex("007766552C007766552C310122110515202184")
RIGHT = build(WATER, ADDRESS, READ_DATA + REPLY, ASKED + b"\x07" + DATA)
FOREIGN = [
    build(WATER, ADDRESS, READ_DATA, ASKED + b"\x07"),
    build(WATER, OTHER, READ_DATA + REPLY, ASKED + b"\x07" + b"\x11" * 19),
    build(HEAT, ADDRESS, READ_DATA + REPLY, ASKED + b"\x07" + b"\x11" * 19),
    build(WATER, ADDRESS, READ_DATA + REPLY, b"\x90\x1f\x07" + b"\x11" * 19),
    build(WATER, ADDRESS, READ_DATA + REPLY, ASKED + b"\x06" + b"\x11" * 19),
    build(WATER, ADDRESS, READ_DATA + REFUSAL, b"\x06\x00\x00"),
    build(WATER, OTHER, READ_DATA + REFUSAL, b"\x07\x00\x00"),
    build(WATER, ADDRESS, 0x83, ASKED + b"\x07" + b"\x11" * 19),
    bytes.fromhex("68420025112520689108333334 33AB896745D316"),
]
"""An echo; another meter, type, identifier, number; refusals of others; another control code; DL/T 645."""
NOISE = st.lists(
    st.one_of(st.binary(max_size=24), st.sampled_from(FOREIGN), st.just(b"\xfe\xfe"), st.just(RIGHT[:13])), max_size=5
).map(b"".join)


def question(serial: int = 7) -> DataQuestion:
    asked = DataQuestion("line/78330011223344", WATER, ADDRESS, ASKED, repeat(serial))
    asked.frame()
    return asked


def test_frames_are_those_of_the_published_example() -> None:
    published = bytes.fromhex("FEFEFEFE681044332211003378 01031F90008016")
    assert question(0).frame() == published


def test_every_attempt_has_its_own_number() -> None:
    asked = DataQuestion("line/1", WATER, ADDRESS, ASKED, iter([254, 255, 0]))
    assert [asked.frame()[-3] for _ in range(3)] == [254, 255, 0]


@given(NOISE, NOISE)
def test_the_answer_is_found_among_noise_and_what_follows_it_stays(before: bytes, after: bytes) -> None:
    buffer = bytearray(before + RIGHT + after)
    answer = question().take(buffer)
    if answer is not None:
        assert answer == DATA
        assert buffer == after
    else:
        # A 68H in the noise may by chance span the answer with a right sum; it must not give a value either.
        assert before


@given(st.lists(st.sampled_from(FOREIGN), max_size=6))
def test_whole_frames_of_others_hide_no_answer(foreign: list[bytes]) -> None:
    assert question().take(bytearray(b"".join(foreign) + RIGHT)) == DATA


@given(NOISE)
def test_noise_is_no_answer(noise: bytes) -> None:
    assert question().take(bytearray(noise)) is None


@given(st.integers(0, len(RIGHT) - 1), st.integers(1, 255))
def test_an_answer_with_one_wrong_byte_is_none(place: int, change: int) -> None:
    damaged = bytearray(RIGHT)
    damaged[place] ^= change
    assert question().take(damaged) is None


@given(st.integers(0, len(RIGHT) - 1))
def test_half_an_answer_waits_for_the_rest(size: int) -> None:
    buffer = bytearray(RIGHT[:size])
    assert question().take(buffer) is None
    buffer += RIGHT[size:]
    assert question().take(buffer) == DATA


def test_a_refusal_bears_the_status_of_the_meter() -> None:
    buffer = bytearray(build(WATER, ADDRESS, READ_DATA + REFUSAL, b"\x07\x04\x01") + b"\x01")
    with pytest.raises(DeviceRefused) as caught:
        question().take(buffer)
    assert caught.value.exception_code == 0x0104
    assert buffer == b"\x01"


def test_a_meter_alone_on_the_line_tells_type_and_address() -> None:
    asked = bytes.fromhex("FEFEFEFE68AAAAAAAAAAAAAAAA0303810A004916")
    told = bytes.fromhex("FEFEFEFE68101802122020000083 03810A00F516")
    question = AddressQuestion("line", is_high_first=True)
    assert question.frame() == asked
    assert question.take(bytearray(asked + told)) == FoundMeter(WATER, "00002020120218")
    assert AddressQuestion("line").take(bytearray(told)) is None


@pytest.mark.parametrize("digits", ["", "1", "7833001122334", "783300112233445", "7833001122334G", "78 3300 112233"])
def test_an_address_has_fourteen_hex_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="14 hex digits"):
        address_bytes(digits)
