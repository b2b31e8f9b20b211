"""Recognises a file that has grown: digests of what it held when it was shorter, beside the digest of all it holds."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

CHUNK_BYTES = 1 << 20
_LINE_ENDS = b"\r\n"


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first `size` bytes of the content; `ends_line` is False where they stop inside a line."""

    size: int
    digest: str
    ends_line: bool


def open_content(path: Path) -> BinaryIO:
    """The content in bytes, unpacked when the name ends with `.gz`; OSError when it cannot be opened."""
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def prefixes(path: Path, sizes: Iterable[int]) -> list[Prefix]:
    """The content's prefixes of these sizes that it is long enough for, then the whole content."""
    wanted = sorted(set(sizes))
    found: list[Prefix] = []
    digest, done, before = hashlib.sha256(), 0, b"\n"
    with open_content(path) as file:
        for part in _parts(file, wanted):
            if found and found[-1].size == done and part[0] in _LINE_ENDS:
                found[-1] = Prefix(done, found[-1].digest, ends_line=True)
            digest.update(part)
            done += len(part)
            before = part[-1:]
            if done in wanted:
                found.append(Prefix(done, digest.hexdigest(), ends_line=before == b"\n"))
    if found and found[-1].size == done:
        found.pop()
    return [*found, Prefix(done, digest.hexdigest(), ends_line=True)]


def _parts(file: BinaryIO, ends: list[int]) -> Iterator[bytes]:
    """The content in parts, one of which ends at each of `ends`."""
    done = 0
    while True:
        to_end = min((end - done for end in ends if end > done), default=CHUNK_BYTES)
        part = file.read(min(to_end, CHUNK_BYTES))
        if not part:
            return
        done += len(part)
        yield part
