"""Canonical JSON, hash chain and Merkle tree against published values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.canonical import canonical_json, decimal_text
from cloud.reporting.hashing import CHAIN_START, SM3, chain, digest_hex, merkle_path, merkle_root, root_of_path

FIRST = {"kwh": "100.0", "meter": "E-01", "seq": 1, "ts": "2025-01-01T00:00:00Z"}
SECOND = {"kwh": "103.5", "meter": "E-01", "seq": 2, "ts": "2025-01-01T00:15:00Z"}
LINKS = [
    "f1c87c2ff57b858d77332801ff28bc33831b59089f8a9ea71009439129739cd7",
    "61f03a60e6ba643f70f75641fabd2f9ec9e37880b7ad39a64f354176aa1f61db",
]
ROOT_ABC = "36642e73c2540ab121e3a6bf9545b0a24982cd830eb13d3cd19de3ce6c021ec1"


def test_hash_chain_gives_the_known_links() -> None:
    assert list(chain([FIRST, SECOND])) == LINKS
    assert CHAIN_START == "0" * 64


def test_order_of_keys_does_not_change_a_link() -> None:
    turned = dict(reversed(FIRST.items()))
    assert next(iter(chain([turned]))) == LINKS[0]


def test_merkle_root_gives_the_known_values() -> None:
    assert merkle_root([b"a", b"b", b"c"]) == ROOT_ABC
    assert merkle_root([b""]).startswith("6e340b9c")
    assert merkle_root([]) == digest_hex(b"")


def test_sm3_gives_the_known_value() -> None:
    assert digest_hex(b"abc", SM3) == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    with pytest.raises(ValueError, match="unknown hash"):
        digest_hex(b"abc", "md5")


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_path_proves_its_leaf_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    path, root = merkle_path(leaves, place), merkle_root(leaves)
    assert root_of_path(leaves[place], place, len(leaves), path) == root
    assert root_of_path(leaves[place] + b"x", place, len(leaves), path) != root


def test_path_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        root_of_path(b"a", 0, 2, [])
    with pytest.raises(ValueError, match="too long"):
        root_of_path(b"a", 0, 1, ["00"])
    with pytest.raises(ValueError, match="no leaf"):
        merkle_path([b"a"], 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": Decimal("1.50"), "a": [1, None, True]}, '{"a":[1,null,true],"b":"1.5"}'),
        ({"名": "协同"}, '{"名":"协同"}'),
        (Decimal("1E+3"), '"1000"'),
        (Decimal("-0.0"), '"0"'),
    ],
)
def test_canonical_json_has_one_spelling(value: Any, text: str) -> None:
    assert canonical_json(value) == text.encode()


def test_binary_floats_and_infinity_have_no_canonical_form() -> None:
    with pytest.raises(TypeError, match="float"):
        canonical_json({"kwh": 0.1})
    with pytest.raises(ValueError, match="finite"):
        canonical_json(Decimal("Infinity"))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_decimal_text_keeps_the_value(value: Decimal) -> None:
    assert Decimal(decimal_text(value)) == value
