"""Remarks for whoever reads the outbox from outside; nothing that the agent does depends on them."""

from __future__ import annotations

import asyncio
import logging
import sqlite3

from edge_agent.delivery.outbox import Outbox

log = logging.getLogger(__name__)


async def leave_note(outbox: Outbox, key: str, value: str) -> None:
    """Leave a remark; on a disk that takes nothing there is none, and the agent goes on."""
    try:
        await asyncio.to_thread(outbox.note, key, value)
    except sqlite3.OperationalError as error:
        log.error("the outbox takes no note of %s now: %s", key, error)
