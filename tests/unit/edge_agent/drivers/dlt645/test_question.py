"""Proofs of DL/T 645 answers: garbage, half frames, echoes and foreign frames never become a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.dlt645.frame import (
    HAS_FOLLOWING,
    READ_ADDRESS,
    READ_DATA,
    READ_FOLLOWING,
    REFUSAL,
    REPLY,
    address_bytes,
    build,
    identifier_bytes,
)
from edge_agent.drivers.dlt645.question import AddressQuestion, Answer, DataQuestion
from foundation.errors import DeviceRefused

ADDRESS = address_bytes("202511250042")
OTHER = address_bytes("202511250043")
VOLTAGES = 0x0201FF00
QUESTION = DataQuestion("line/202511250042", ADDRESS, VOLTAGES)
DATA = bytes.fromhex("012398221523")
RIGHT = build(ADDRESS, READ_DATA + REPLY, identifier_bytes(VOLTAGES) + DATA)
FOREIGN = [
    QUESTION.frame(),
    build(OTHER, READ_DATA + REPLY, identifier_bytes(VOLTAGES) + b"\x11" * 6),
    build(ADDRESS, READ_DATA + REPLY, identifier_bytes(0x0202FF00) + b"\x11" * 6),
    build(ADDRESS, READ_FOLLOWING + REPLY, identifier_bytes(VOLTAGES) + b"\x11" * 6),
    build(ADDRESS, READ_DATA, identifier_bytes(VOLTAGES) + b"\x11" * 6),
    build(OTHER, READ_DATA + REFUSAL, b"\x02"),
    build(ADDRESS, READ_DATA + REFUSAL, b"\x02\x02"),
    build(ADDRESS, READ_DATA + REPLY, identifier_bytes(VOLTAGES)[:3]),
    bytes.fromhex("0103020102788C"),
]
"""An echo; another meter; another identifier; another question; no answer; half refusals; too short; Modbus RTU."""
NOISE = st.lists(
    st.one_of(st.binary(max_size=24), st.sampled_from(FOREIGN), st.just(b"\xfe\xfe"), st.just(RIGHT[:13])), max_size=5
).map(b"".join)


def test_frames_are_those_of_the_published_examples() -> None:
    lead_in = "FEFEFEFE"
    assert AddressQuestion("line").frame() == bytes.fromhex(lead_in + "68AAAAAAAAAAAA681300DF16")
    forward_energy = DataQuestion("line/1", address_bytes("000000000001"), 0x00010000)
    assert forward_energy.frame() == bytes.fromhex(lead_in + "6801000000000068110433333433B316")
    following = DataQuestion("line/1", address_bytes("000000000001"), 0x00010000, 1)
    assert following.frame() == bytes.fromhex(lead_in + "680100000000006812053333343334E916")


@given(NOISE, NOISE)
def test_the_answer_is_found_among_noise_and_what_follows_it_stays(before: bytes, after: bytes) -> None:
    buffer = bytearray(before + RIGHT + after)
    answer = QUESTION.take(buffer)
    if answer is not None:
        assert answer == Answer(DATA)
        assert buffer == after
    else:
        # A 68H in the noise may by chance span the answer with a right sum; it must not give a value either.
        assert before


@given(st.lists(st.sampled_from(FOREIGN), max_size=6))
def test_whole_frames_of_others_hide_no_answer(foreign: list[bytes]) -> None:
    buffer = bytearray(b"".join(foreign) + RIGHT)
    assert QUESTION.take(buffer) == Answer(DATA)


@given(NOISE)
def test_noise_is_no_answer(noise: bytes) -> None:
    assert QUESTION.take(bytearray(noise)) is None


@given(st.integers(0, len(RIGHT) - 1), st.integers(1, 255))
def test_an_answer_with_one_wrong_byte_is_none(place: int, change: int) -> None:
    damaged = bytearray(RIGHT)
    damaged[place] ^= change
    assert QUESTION.take(damaged) is None


@given(st.integers(0, len(RIGHT) - 1))
def test_half_an_answer_waits_for_the_rest(size: int) -> None:
    buffer = bytearray(RIGHT[:size])
    assert QUESTION.take(buffer) is None
    buffer += RIGHT[size:]
    assert QUESTION.take(buffer) == Answer(DATA)


@given(st.binary(max_size=64))
def test_any_bytes_give_no_value_or_one_that_was_sent(data: bytes) -> None:
    assert QUESTION.take(bytearray(data)) is None


def test_a_refusal_bears_the_error_byte_of_the_meter() -> None:
    buffer = bytearray(QUESTION.frame() + build(ADDRESS, READ_DATA + REFUSAL, b"\x02") + b"\x01")
    with pytest.raises(DeviceRefused) as caught:
        QUESTION.take(buffer)
    assert caught.value.exception_code == 2
    assert buffer == b"\x01"


def test_more_frames_are_announced_and_each_proves_its_number() -> None:
    first = build(ADDRESS, READ_DATA + REPLY + HAS_FOLLOWING, identifier_bytes(VOLTAGES) + DATA)
    assert QUESTION.take(bytearray(first)) == Answer(DATA, has_following=True)
    second = DataQuestion("line/1", ADDRESS, VOLTAGES, 2)
    for sequence, control, found in [
        (2, READ_FOLLOWING + REPLY, Answer(DATA)),
        (2, READ_FOLLOWING + REPLY + HAS_FOLLOWING, Answer(DATA, has_following=True)),
        (1, READ_FOLLOWING + REPLY, None),
    ]:
        reply = build(ADDRESS, control, identifier_bytes(VOLTAGES) + DATA + bytes([sequence]))
        assert second.take(bytearray(reply)) == found


def test_a_meter_alone_on_the_line_tells_its_address() -> None:
    told = build(ADDRESS, READ_ADDRESS + REPLY, ADDRESS)
    question = AddressQuestion("line")
    assert question.take(bytearray(question.frame() + told)) == "202511250042"
    for wrong in (build(ADDRESS, READ_ADDRESS + REPLY, OTHER), build(b"\xaa" * 6, READ_ADDRESS + REPLY, b"\xaa" * 6)):
        assert question.take(bytearray(wrong)) is None


@pytest.mark.parametrize(
    "digits", ["", "1", "20251125004", "2025112500421", "20251125004A", "２０２５１１２５００４２"]
)
def test_an_address_has_twelve_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="12 decimal digits"):
        address_bytes(digits)
