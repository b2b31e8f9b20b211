"""A grown file is recognised by what it held before, wherever reading happens to be cut into parts."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, lists

from edge_agent.acquisition import file_prefix
from edge_agent.acquisition.file_prefix import prefixes


@given(content=binary(max_size=60), sizes=lists(integers(1, 70)), chunk=integers(1, 20))
def test_each_prefix_has_the_digest_of_its_bytes(
    content: bytes, sizes: list[int], chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "prefix.csv"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_prefix, "CHUNK_BYTES", chunk)
        *shorter, whole = prefixes(path, sizes)
    assert (whole.size, whole.digest) == (len(content), hashlib.sha256(content).hexdigest())
    assert [one.size for one in shorter] == sorted({size for size in sizes if size < len(content)})
    for one in shorter:
        assert one.digest == hashlib.sha256(content[: one.size]).hexdigest()
        assert one.ends_line == (
            content[one.size - 1 : one.size] == b"\n" or content[one.size : one.size + 1] in (b"\r", b"\n")
        )


def test_a_packed_file_has_the_prefixes_of_its_content(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_bytes(b"one\ntwo\nthree\n")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert prefixes(packed, [4, 8]) == prefixes(plain, [4, 8])
