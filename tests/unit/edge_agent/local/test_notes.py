"""Remarks in the outbox: a disk that takes none does not end the agent."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge_agent.delivery.outbox import Outbox
from edge_agent.local.notes import leave_note
from foundation.disk import SystemDisk
from foundation.rng import SeededRng


async def test_a_remark_is_left_or_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    outbox = Outbox(tmp_path / "outbox.db", disk=SystemDisk(), rng=SeededRng(1), max_rows=1000)
    await leave_note(outbox, "polling", "yes")
    with monkeypatch.context() as locked:
        locked.setattr(outbox, "note", refuse)
        await leave_note(outbox, "polling", "no")
    assert outbox.notes() == {"polling": "yes"}
    outbox.close()
