"""The uplink and a disk that does not answer: it tries again, in the same state."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import cast

import pytest

from edge_agent.delivery.outbox import NewRow, Outbox
from edge_agent.delivery.uplink import Uplink
from foundation.disk import SystemDisk
from foundation.rng import SeededRng
from gateway.edge_node import EdgeNode
from gateway.messages import DeviceMessage, Reading
from gateway.sparkplug.vocabulary import row_body
from tests.support.manual_clock import ManualClock


class Online:
    """A node in session."""

    is_online = True

    def __init__(self) -> None:
        self.sent: list[int] = []

    def send_row(self, device: str, spool: int, body: bytes) -> None:
        self.sent.append(spool)


async def test_a_session_that_begins_while_the_outbox_cannot_be_read_begins_a_little_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise sqlite3.OperationalError("disk I/O error")

    outbox = Outbox(tmp_path / "outbox.db", disk=SystemDisk(), rng=SeededRng(1), max_rows=1000)
    outbox.put([NewRow("a", row_body(DeviceMessage("a", (Reading("P", 1.0, 1_000),))), 1)], now_ms=1_000)
    node = Online()
    uplink = Uplink(outbox, cast(EdgeNode, node), ManualClock(now_ms=1_000))
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "last_spool", refuse)
        await uplink._pump()
    assert node.sent == []
    await uplink._pump()
    assert node.sent == [1]
    outbox.close()
