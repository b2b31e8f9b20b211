"""A disk that is full again and again: DISK_FULL_TIMES (10) in two forms."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.full_disk import check_books, mounted, run_edge

TIMES = int(os.environ.get("DISK_FULL_TIMES", "10"))


@pytest.mark.timeout(100 * TIMES)
def test_a_file_that_may_grow_no_further_again_and_again(tmp_path: Path) -> None:
    found = run_edge(tmp_path, "limit", TIMES)
    check_books(found)
    assert found["could_free"]


@pytest.mark.timeout(100 * TIMES)
def test_a_file_system_that_is_full_again_and_again(tmp_path: Path) -> None:
    with mounted(tmp_path / "small") as folder:
        found = run_edge(folder, "disk", TIMES)
    check_books(found)
    assert found["could_free"]
