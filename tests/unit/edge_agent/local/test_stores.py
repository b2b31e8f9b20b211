"""Damage that shows only while a file is used leads to a whole check at the next start."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from edge_agent import app
from edge_agent.commands.service import _without_disk_errors
from edge_agent.delivery.generation import Generation
from edge_agent.delivery.outbox import NewRow, Outbox
from edge_agent.local.places import JOURNAL_FILE, OUTBOX_FILE
from edge_agent.local.stores import prepare_stores
from foundation.damage import damaged_files
from foundation.disk import SystemDisk
from foundation.rng import SystemRng
from tests.support.manual_clock import ManualClock


def damage_of(folder: Path) -> sqlite3.Error:
    """What SQLite says of a file that is none of its own."""
    path = folder / "none.db"
    path.write_bytes(b"no database" * 100)
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.DatabaseError) as caught:
        database.execute("SELECT * FROM sqlite_master")
    return caught.value


@pytest.mark.parametrize("is_damaged", [True, False])
async def test_the_agent_that_meets_damage_leaves_a_mark_for_the_next_start(
    is_damaged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error: Exception = damage_of(tmp_path) if is_damaged else sqlite3.OperationalError("database or disk is full")

    async def serve(*_: object) -> None:
        raise ExceptionGroup("tasks", [error])

    site = tmp_path / "site.yaml"
    content = {"schema": "xietong.site/1", "group": "g", "node": "n", "data_dir": "edge", "buses": [], "devices": []}
    site.write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.setattr(app, "_serve", serve)
    with pytest.raises(ExceptionGroup):
        await app.run(site)
    marks = sorted(one.name for one in (tmp_path / "edge").glob("*.suspect"))
    assert marks == ([f"{JOURNAL_FILE}.suspect", f"{OUTBOX_FILE}.suspect"] if is_damaged else [])


async def test_a_full_disk_stops_commands_and_a_damaged_journal_the_agent(tmp_path: Path) -> None:
    async def fail(error: sqlite3.Error) -> None:
        raise error

    await _without_disk_errors(fail(sqlite3.OperationalError("database or disk is full")))
    with pytest.raises(sqlite3.DatabaseError):
        await _without_disk_errors(fail(damage_of(tmp_path)))


def test_whole_files_are_opened_as_they_are_and_nothing_is_told(tmp_path: Path) -> None:
    path, clock, disk, rng = tmp_path / OUTBOX_FILE, ManualClock(), SystemDisk(), SystemRng()
    streams = set()
    for _ in range(3):
        assert prepare_stores(tmp_path, Generation(path), disk=disk, clock=clock, rng=rng) == []
        outbox = Outbox(path, disk=disk, rng=rng, max_rows=9)
        outbox.put([NewRow("a", b"body", 1)], now_ms=1)
        streams.add(outbox.stream)
        outbox.close()
    assert len(streams) == 1
    assert damaged_files(path) == []
