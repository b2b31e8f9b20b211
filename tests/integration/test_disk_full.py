"""A full disk: the process lives on, the books balance, and once there is room all goes on without a restart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.commands.journal import Journal
from edge_agent.delivery.outbox import NewRow, Outbox
from foundation.ballast import BYTES
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from foundation.rng import SystemRng
from tests.support.full_disk import check_books, mounted, run_edge


def test_a_file_that_may_grow_no_further_makes_room_by_dropping_the_oldest_readings(tmp_path: Path) -> None:
    found = run_edge(tmp_path, "limit", times=1)
    check_books(found)
    assert found["could_free"], "what the cloud has stored could be deleted while the disk was full"
    assert found["dropped"].get("disk full", 0) > 0


def test_a_write_error_of_the_disk_is_outlived(tmp_path: Path) -> None:
    found = run_edge(tmp_path, "late-limit", times=1)
    check_books(found)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "small") as folder:
        yield folder


def test_a_full_file_system_does_not_keep_the_outbox_from_draining(small_disk: Path) -> None:
    found = run_edge(small_disk, "disk", times=1)
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
