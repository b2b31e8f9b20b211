"""Makes the agent's databases fit to be opened, whatever happened to their files, and tells of it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from edge_agent.commands.journal_salvage import salvage_journal
from edge_agent.delivery.generation import Generation
from edge_agent.local.places import JOURNAL_FILE, OUTBOX_FILE
from foundation.clock import Clock
from foundation.damage import set_aside_if_damaged, suspect
from foundation.disk import Disk
from foundation.rng import Rng
from gateway.messages import NODE_SUBJECT, DeviceEvent

log = logging.getLogger(__name__)

NAMES = (OUTBOX_FILE, JOURNAL_FILE)


def prepare_stores(folder: Path, generation: Generation, *, disk: Disk, clock: Clock, rng: Rng) -> list[DeviceEvent]:
    """Set damaged files aside, take over what they still hold of commands, and notice an outbox brought back.

    To be called before anything is opened, by the only agent of the folder. What the cloud is to be told of it.
    """
    events = list(_set_aside(folder, clock, rng))
    try:
        salvage_journal(folder / JOURNAL_FILE, disk=disk, clock=clock)
        if generation.begin(disk, rng):
            log.warning("the outbox is older than one that was here before: a new stream begins")
            events.append(DeviceEvent(rng.uuid(), "edge.stream_renewed", NODE_SUBJECT, clock.now_ms(), {}))
    except sqlite3.OperationalError as error:
        log.error("the files could not be made ready: %s", error)
    return events


def _set_aside(folder: Path, clock: Clock, rng: Rng) -> Iterator[DeviceEvent]:
    for name in NAMES:
        found = set_aside_if_damaged(folder / name, clock)
        if found is not None:
            log.error("%s is damaged and was set aside as %s: %s", name, found.path.name, found.reason)
            data = {"file": name, "kept_as": found.path.name, "reason": found.reason[:200]}
            yield DeviceEvent(rng.uuid(), "edge.store_damaged", NODE_SUBJECT, clock.now_ms(), data)


def suspect_stores(folder: Path) -> None:
    """A file was found damaged while it was used: the next start looks through both."""
    for name in NAMES:
        suspect(folder / name)
