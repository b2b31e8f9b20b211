"""Runs an edge whose disk gets full, and balances its books."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from foundation.ballast import BYTES

ROOT = Path(__file__).parents[2]


def run_edge(folder: Path, bound: str, times: int) -> dict[str, Any]:
    """What tests.support.full_disk_edge says after its disk was full so often."""
    command = [sys.executable, "-m", "tests.support.full_disk_edge", folder, bound, str(times)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100 * times, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    print(f"{bound}: {found}")
    return found


def check_books(found: dict[str, Any]) -> None:
    """Everything handed in is freed, waits or was dropped and counted; the file is whole, the ballast back."""
    assert found["integrity"] == "ok"
    assert found["waiting_at_end"] == 0, "all that waited in memory is in the file"
    assert found["acquired"] == found["handed_in"]
    assert found["acquired"] == found["freed"] + found["pending"] + sum(found["dropped"].values())
    assert found["facts"] == {"events": found["events"]}
    assert "events" not in found["dropped_by_kind"], "readings go first"
    assert found["ballast"] == BYTES


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """A file system of 40 MB in memory; skips the test without the right to mount one."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a file system; tests with bounded files need none")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
