"""Hash chain of rows and Merkle tree over them, under a hash that the institution chooses (sha256, or sm3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cloud.core.canonical import canonical_json

SHA256, SM3 = "sha256", "sm3"
HASHES = (SHA256, SM3)
CHAIN_START = "0" * 64
_LEAF, _NODE = b"\x00", b"\x01"


def digest_hex(content: bytes, hash_name: str = SHA256) -> str:
    """The hash of some bytes in hex; an unknown hash raises ValueError."""
    return _hash(hash_name, content).hex()


def next_link(previous_hex: str, row: Any, hash_name: str = SHA256) -> str:
    """h_i = H(h_{i-1} in hex, a line feed, the row in canonical JSON); the first row follows CHAIN_START."""
    return digest_hex(previous_hex.encode() + b"\n" + canonical_json(row), hash_name)


def chain(rows: Iterable[Any], hash_name: str = SHA256) -> Iterator[str]:
    """The link of every row, in order; the last one is the head and vouches for all of them."""
    link = CHAIN_START
    for row in rows:
        link = next_link(link, row, hash_name)
        yield link


def merkle_root(leaves: Sequence[bytes], hash_name: str = SHA256) -> str:
    """Root of the tree of RFC 6962, section 2.1, in hex; without leaves it is the hash of nothing."""
    return _tree(leaves, hash_name).hex() if leaves else digest_hex(b"", hash_name)


def merkle_path(leaves: Sequence[bytes], place: int, hash_name: str = SHA256) -> list[str]:
    """What proves that leaf `place` is below the root without the other leaves (RFC 6962, section 2.1.1)."""
    if not 0 <= place < len(leaves):
        raise ValueError(f"no leaf {place} among {len(leaves)}")
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    left, right = leaves[:middle], leaves[middle:]
    if place < middle:
        return [*merkle_path(left, place, hash_name), _tree(right, hash_name).hex()]
    return [*merkle_path(right, place - middle, hash_name), _tree(left, hash_name).hex()]


def root_of_path(leaf: bytes, place: int, count: int, path: Sequence[str], hash_name: str = SHA256) -> str:
    """The root that a leaf and its path lead to; it proves the leaf when it is the root that was published."""
    if count == 1:
        if path:
            raise ValueError("the path is too long")
        return _hash(hash_name, _LEAF + leaf).hex()
    if not path:
        raise ValueError("the path is too short")
    middle, sibling = _split(count), bytes.fromhex(path[-1])
    is_left = place < middle
    below = (place, middle) if is_left else (place - middle, count - middle)
    own = bytes.fromhex(root_of_path(leaf, *below, path[:-1], hash_name))
    return _hash(hash_name, _NODE + (own + sibling if is_left else sibling + own)).hex()


def _tree(leaves: Sequence[bytes], hash_name: str) -> bytes:
    if len(leaves) == 1:
        return _hash(hash_name, _LEAF + leaves[0])
    middle = _split(len(leaves))
    return _hash(hash_name, _NODE + _tree(leaves[:middle], hash_name) + _tree(leaves[middle:], hash_name))


def _split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1


def _hash(hash_name: str, content: bytes) -> bytes:
    if hash_name not in HASHES:
        raise ValueError(f"unknown hash {hash_name!r}; known: {', '.join(HASHES)}")
    return hashlib.new(hash_name, content).digest()
