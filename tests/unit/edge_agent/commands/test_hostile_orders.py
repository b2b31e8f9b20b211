"""Orders that must not move anything: altered, foreign-signed, replayed, for others; and a cloud gone mad."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.envelope import MAGIC, seal
from gateway.messages import Outcome
from tests.support.command_bench import KEY, CommandBench
from tests.support.hostile_cloud import attack

ALGORITHM_AT = len(MAGIC) + 1


def flipped(data: bytes, place: int, bit: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CommandBench]:
    with CommandBench(tmp_path) as opened:
        yield opened


async def test_no_altered_foreign_or_repeated_envelope_is_executed(bench: CommandBench) -> None:
    """From the bytes to the count of writes at the device; the true envelope in between shows that it could be."""
    command = bench.command()
    true = seal(command, KEY)
    worthless = [
        *(flipped(true, place, bit) for place in range(len(true)) for bit in (0, 7)),
        *(true[:ALGORITHM_AT] + bytes([algorithm]) + true[ALGORITHM_AT + 1 :] for algorithm in (0, 2, 3, 255)),
        *(true[:length] for length in range(0, len(true), 7)),
        true + b" ",
        seal(command, Ed25519PrivateKey.from_private_bytes(b"s" * 32)),
        seal(replace(command, node="edge-2"), KEY),
        seal(replace(command, group="other"), KEY),
        seal(replace(command, nonce="nonce-0"), KEY),
        seal(replace(command, device="ac-2"), KEY),
    ]
    for data in worthless:
        await bench.service.handle("ac-1", data)
    assert bench.devices.writes == []

    await bench.service.handle("ac-1", true)
    assert bench.written() == [24.0]
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]

    bench.set_by_hand(22.0)
    for again in (lambda: None, bench.restart, lambda: bench.restart(wiped=True)):
        again()
        for data in (true, *worthless):
            await bench.service.handle("ac-1", data)
    assert bench.written() == [24.0]


async def test_a_hostile_cloud_with_the_right_key_cannot_leave_the_profile_s_bounds(tmp_path: Path) -> None:
    assert await attack(tmp_path, 3_000, seed=7) > 100
