"""Ranges of row numbers and the acknowledgement's wire form."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ContractError
from gateway.stream import Acknowledgement, RangeSet

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
numbers = st.integers(min_value=1, max_value=60)


@given(st.lists(st.tuples(numbers, numbers).map(sorted)))
def test_a_range_set_holds_exactly_what_was_added(ranges: list[list[int]]) -> None:
    rows, expected = RangeSet(), set[int]()
    for first, last in ranges:
        rows.add(first, last)
        expected.update(range(first, last + 1))
    assert {n for n in range(70) if n in rows} == expected
    assert len(rows) == len(expected)
    kept = list(rows)
    assert all(earlier[1] + 1 < later[0] for earlier, later in itertools.pairwise(kept))


@given(st.sets(numbers, min_size=1))
def test_an_acknowledgement_survives_the_wire(spools: set[int]) -> None:
    rows = RangeSet()
    for spool in spools:
        rows.add(spool)
    sent = Acknowledgement(STREAM, rows)
    assert Acknowledgement.parse(sent.text()) == sent


@pytest.mark.parametrize(
    "text", ["", "x", f"{STREAM}:", f"{STREAM}:5-3", f"{STREAM}:1,,2", f"{STREAM}:-1", f"{STREAM}:1-2-3", "short:1"]
)
def test_anything_else_is_not_an_acknowledgement(text: str) -> None:
    with pytest.raises(ContractError):
        Acknowledgement.parse(text)


def test_a_backward_range_is_refused() -> None:
    with pytest.raises(ValueError, match="backwards"):
        RangeSet().add(3, 1)
