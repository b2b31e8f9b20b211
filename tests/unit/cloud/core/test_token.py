"""Bearer tokens."""

from __future__ import annotations

from cloud.core.token import new_token, token_digest
from foundation.rng import SeededRng


def test_token_carries_256_random_bits_behind_its_prefix() -> None:
    rng = SeededRng(1)
    first, second = new_token(rng), new_token(rng)
    assert first != second
    assert first.startswith("xt_")
    assert len(first) == 3 + 43


def test_digest_is_sha_256() -> None:
    assert token_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
