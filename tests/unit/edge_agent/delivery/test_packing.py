"""A packed body comes back byte by byte, takes little room, and tells when it was damaged."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import binary, integers

from edge_agent.delivery.packing import dictionary_of, pack, sample, unpack
from gateway.messages import DeviceMessage, Reading
from gateway.sparkplug.vocabulary import row_body

T0 = 1_790_000_000_000
PUT_MS = T0 + 75_300


def body(step: int) -> bytes:
    at_ms = T0 + 15_000 * step
    readings = (Reading(f"Power/Active/L{n}", 1000.0 + step * n, at_ms) for n in range(1, 13))
    return row_body(DeviceMessage("a-main", tuple(readings)))


@given(binary(max_size=300), integers(0, 2**45), binary(max_size=200))
def test_any_bytes_come_back(content: bytes, put_ms: int, dictionary: bytes) -> None:
    stored = pack(content, put_ms, 7, dictionary)
    number = dictionary_of(stored)
    assert number in (None, 7)
    assert (stored if number is None else unpack(stored, put_ms, dictionary)) == content


@given(integers(0, 10_000), integers(-(10**12), 10**12))
def test_bodies_come_back_whatever_the_clock_said(step: int, away_ms: int) -> None:
    put_ms = T0 + away_ms
    assert unpack(pack(body(step), put_ms, 1, sample(body(0))), put_ms, sample(body(0))) == body(step)


def test_a_body_like_an_earlier_one_takes_little_room() -> None:
    stored = pack(body(5), PUT_MS, 1, sample(body(0)))
    assert len(stored) < len(body(5)) / 4


def test_a_flipped_bit_is_noticed_or_changes_nothing() -> None:
    stored, dictionary = pack(body(5), PUT_MS, 1, sample(body(0))), sample(body(0))
    noticed = 0
    for place in range(5 * 8, len(stored) * 8):
        flipped = bytearray(stored)
        flipped[place // 8] ^= 1 << place % 8
        try:
            assert unpack(bytes(flipped), PUT_MS, dictionary) == body(5)
        except ValueError:
            noticed += 1
    assert noticed > 0.95 * (len(stored) - 5) * 8, "only the padding of the last byte means nothing"
