from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.rng import Rng, SeededRng, SystemRng


def draw(rng: Rng) -> tuple[str, bytes, float]:
    return rng.uuid(), rng.token(16), rng.uniform(0, 1)


@given(st.integers(0, 2**64))
def test_the_same_seed_gives_the_same_run(seed: int) -> None:
    one, other = SeededRng(seed), SeededRng(seed)
    assert [draw(one) for _ in range(3)] == [draw(other) for _ in range(3)]


def test_another_seed_gives_another_run() -> None:
    assert draw(SeededRng(1)) != draw(SeededRng(2))


@pytest.mark.parametrize("rng", [SystemRng(), SeededRng(7)], ids=["system", "seeded"])
def test_draws_are_new_and_of_the_size_asked(rng: Rng) -> None:
    ids = [rng.uuid() for _ in range(100)]
    assert len(set(ids)) == 100
    assert {uuid.UUID(one).version for one in ids} == {4}
    assert len(rng.token(12)) == 12
    assert all(3 <= rng.uniform(3, 4) <= 4 for _ in range(100))
