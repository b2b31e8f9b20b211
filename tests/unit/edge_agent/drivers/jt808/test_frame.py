"""Frames: the standard's own example, both forms, and whatever a hostile peer may send."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent.drivers.jt808.frame import LONGEST_BODY, LONGEST_FRAME, Frame, FrameCutter, Package, decode, encode
from foundation.errors import ContractError
from tests.support import jt808_frames

REAL_2011 = bytes.fromhex(
    "7e02000032000000000000022500000000000c0002000000000000000000710000014626061510572501040000006430011f31010ce10200722b"
    "04ab560000487e"
)
"""As a terminal sent it (a test vector of traccar's decoder)."""


def cut(data: bytes) -> list[bytes]:
    return FrameCutter().feed(data)


def test_a_real_frame_of_the_2011_form() -> None:
    frame = decode(cut(REAL_2011)[0])
    assert (frame.message_id, frame.terminal, frame.serial, frame.version) == (0x0200, "000000000000", 0x0225, None)
    assert len(frame.body) == 0x32


def test_a_frame_of_the_2019_form_has_a_version_and_a_long_number() -> None:
    packed = jt808_frames.frame(0x0102, b"code", terminal="13912345678", serial=7, is_2019=True)
    expected = Frame(0x0102, "00000000013912345678", 7, b"code", version=1)
    assert decode(cut(packed)[0]) == expected
    assert encode(expected) == packed


def test_the_escapes_of_the_standard() -> None:
    packed = jt808_frames.frame(0x0200, bytes.fromhex("307e087d55"))
    assert bytes.fromhex("307d02087d0155") in packed
    assert decode(cut(packed)[0]).body == bytes.fromhex("307e087d55")


def test_a_part_of_a_long_message() -> None:
    frame = decode(cut(jt808_frames.frame(0x0704, b"abc", part=(3, 2), serial=9))[0])
    assert (frame.package, frame.body) == (Package(3, 2), b"abc")


frames = st.builds(
    Frame,
    message_id=st.integers(0, 0xFFFF),
    terminal=st.text("0123456789", min_size=12, max_size=12),
    serial=st.integers(0, 0xFFFF),
    body=st.binary(max_size=LONGEST_BODY) | st.lists(st.sampled_from([0x7D, 0x7E, 1, 2]), max_size=60).map(bytes),
)


@given(frame=frames, size=st.integers(1, 50))
def test_every_frame_comes_through_however_the_stream_is_cut(frame: Frame, size: int) -> None:
    stream, cutter = encode(frame) * 2, FrameCutter()
    found = [part for place in range(0, len(stream), size) for part in cutter.feed(stream[place : place + size])]
    assert [decode(part) for part in found] == [frame, frame]


@given(frame=frames, place=st.integers(0), flip=st.integers(1, 255))
def test_a_changed_byte_is_never_taken_for_the_frame(frame: Frame, place: int, flip: int) -> None:
    changed = bytearray(encode(frame))
    at = 1 + place % (len(changed) - 2)
    changed[at] ^= flip
    for part in cut(bytes(changed)):
        try:
            assert decode(part) != frame
        except ContractError:
            continue


@given(data=st.binary(max_size=200))
@example(data=b"\x7d" * 20)
@example(data=b"\x00" * 12)
def test_no_content_raises_anything_but_a_contract_error(data: bytes) -> None:
    for part in [*cut(b"\x7e" + data + b"\x7e"), data]:
        try:
            message = decode(part)
        except ContractError:
            continue
        assert message is not None


@pytest.mark.parametrize(
    "packed",
    [
        jt808_frames.frame(0x0200)[:-3] + b"\x00\x7e",
        bytes([0x7E]) + bytes(40) + bytes([0x7E]),
        b"\x7e" + b"\x02\x00\x00\x05" + bytes(8) + b"\x07\x7e",
        jt808_frames.frame(0x0704, b"x", part=(2, 3)),
        jt808_frames.frame(0x0704, b"x", part=(0, 0)),
    ],
    ids=["checksum", "nothing", "cut off", "part beyond the count", "no part"],
)
def test_what_is_no_frame_is_a_contract_error(packed: bytes) -> None:
    (content,) = cut(packed)
    if packed == bytes([0x7E]) + bytes(40) + bytes([0x7E]):
        content = content[:30]
    with pytest.raises(ContractError):
        decode(content)


def test_a_stream_without_marks_is_not_kept() -> None:
    cutter = FrameCutter()
    for _ in range(1_000):
        assert cutter.feed(b"x" * 4_096) == []
    assert cutter.discarded == 4_096_000
    assert len(cutter._held) <= LONGEST_FRAME
    packed = jt808_frames.frame(0x0002)
    assert [decode(part).message_id for part in cutter.feed(packed)] == [0x0002], "the next frame is taken"
