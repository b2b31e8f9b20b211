"""A full disk: the process lives on, the books balance, and once there is room all goes on without a restart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.commands.journal import Journal
from edge_agent.delivery.outbox import NewRow, Outbox
from foundation.ballast import BYTES
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from foundation.rng import SystemRng

ROOT = Path(__file__).parents[2]


def run_edge(folder: Path, bound: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.support.full_disk_edge", folder, bound]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    print(f"{bound}: {found}")
    return found


def check_books(found: dict[str, Any]) -> None:
    assert found["integrity"] == "ok"
    assert found["waiting_at_end"] == 0, "all that waited in memory is in the file"
    assert found["acquired"] == found["handed_in"]
    assert found["acquired"] == found["freed"] + found["pending"] + sum(found["dropped"].values())
    assert found["facts"] == {"events": found["events"]}
    assert "events" not in found["dropped_by_kind"], "readings go first"
    assert found["ballast"] == BYTES, "ready for the next time"


def test_a_file_that_may_grow_no_further_makes_room_by_dropping_the_oldest_readings(tmp_path: Path) -> None:
    found = run_edge(tmp_path, "limit")
    check_books(found)
    assert found["could_free"], "what the cloud has stored could be deleted while the disk was full"
    assert found["dropped"].get("disk full", 0) > 0


def test_a_write_error_of_the_disk_is_outlived(tmp_path: Path) -> None:
    found = run_edge(tmp_path, "late-limit")
    check_books(found)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a file system; the two tests above need none")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_file_system_does_not_keep_the_outbox_from_draining(small_disk: Path) -> None:
    found = run_edge(small_disk, "disk")
    check_books(found)
    assert found["could_free"]
    assert found["dropped"].get("disk full", 0) > 0


def open_outbox(folder: Path) -> Outbox:
    return Outbox(folder / "outbox.db", disk=SystemDisk(), rng=SystemRng(), max_rows=10**6, ballast_bytes=BYTES)


def test_an_agent_starts_on_a_full_disk_and_drains(small_disk: Path) -> None:
    outbox = open_outbox(small_disk)
    outbox.put([NewRow("a-main", b"body", 1) for _ in range(2_000)], now_ms=1)
    outbox.close()
    with (small_disk / "others").open("wb") as file:
        found = os.statvfs(small_disk)
        os.posix_fallocate(file.fileno(), 0, found.f_bavail * found.f_frsize)
    assert os.statvfs(small_disk).f_bavail == 0
    outbox = open_outbox(small_disk)
    journal = Journal(small_disk / "commands.db", disk=SystemDisk(), clock=SystemClock())
    outbox.free([(1, 1_500)])
    assert outbox.next_bdseq() == 0, "a session with the cloud can begin"
    assert outbox.counts().rows == 500
    journal.shut()
    outbox.close()
