"""Brings what a damaged outbox file still holds into its successor, as rows of the new stream.

Works behind the running agent, some rows at a time. How far it came is kept in the same commit as the rows, so that a
kill repeats nothing. A row whose acknowledgement was lost with the damage is sent again, as part of the new stream.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge_agent.delivery.dictionaries import Dictionaries
from edge_agent.delivery.outbox import Kind, Lane, NewRow, Outbox
from foundation.clock import Clock
from foundation.damage import damaged_files, open_damaged, readable
from foundation.errors import ContractError
from gateway.sparkplug.vocabulary import as_historical

log = logging.getLogger(__name__)

AT_ONCE = 512
PAUSE_S = 0.05
RETRY_S = 30.0
FINISHED = 2**62


@dataclass(frozen=True, slots=True)
class _Span:
    first: int
    last: int


class Salvage:
    """Every file that was set aside of the outbox `path`, until each is read through."""

    def __init__(self, path: Path, outbox: Outbox, clock: Clock, on_rows: Callable[[], None] = lambda: None) -> None:
        self._path, self._outbox, self._clock, self._on_rows = path, outbox, clock, on_rows

    async def run(self) -> None:
        """Read all of them, then end."""
        for file in await asyncio.to_thread(damaged_files, self._path):
            rows = 0
            while (found := await self._next(file)) is not None:
                rows += found
                await self._clock.sleep(PAUSE_S)
            if rows:
                log.warning("%d rows were brought out of %s", rows, file.name)
                self._on_rows()

    async def _next(self, file: Path) -> int | None:
        try:
            return await asyncio.to_thread(self.step, file)
        except sqlite3.OperationalError as error:
            log.error("the rows of %s must wait: %s", file.name, error)
            await self._clock.sleep(RETRY_S)
            return 0

    def step(self, file: Path) -> int | None:
        """Bring over the next rows of a damaged file; how many, None when it is read through."""
        done = self._outbox.imported_lines(_key(file))
        if done == FINISHED:
            return None
        with closing(open_damaged(file)) as database:
            span = _span(database)
            if span is None or done >= span.last:
                self._put(file, [], FINISHED)
                return 0
            first = max(done + 1, span.first)
            last = min(first + AT_ONCE - 1, span.last)
            rows = _rows(database, first, last)
        self._put(file, rows, last)
        return len(rows)

    def _put(self, file: Path, rows: list[NewRow], through: int) -> None:
        self._outbox.put_imported(rows, now_ms=self._clock.now_ms(), digest=_key(file), name=file.name, lines=through)


def _key(file: Path) -> str:
    return f"salvaged:{file.name}"


def _span(database: sqlite3.Connection) -> _Span | None:
    """The numbers that its rows can have; None when not even that can be read."""
    try:
        first, last = database.execute("SELECT min(spool), max(spool) FROM row").fetchone()
        return None if last is None else _Span(first, last)
    except sqlite3.Error:
        pass
    try:
        given = database.execute("SELECT seq FROM sqlite_sequence WHERE name='row'").fetchone()
        return None if given is None else _Span(1, given[0])
    except sqlite3.Error:
        return None


def _rows(database: sqlite3.Connection, first: int, last: int) -> list[NewRow]:
    bodies = Dictionaries(database)
    found = []
    for kind, device, readings, put_ms, stored in readable(
        lambda low, high: database.execute(
            "SELECT kind, device, readings, put_ms, body FROM row WHERE spool BETWEEN ? AND ? ORDER BY spool",
            (low, high),
        ).fetchall(),
        first,
        last,
    ):
        try:
            body = bodies.unpack(stored, put_ms)
            found.append(_row(Kind(kind), bodies.full_name(device, stored), int(readings), body))
        except (ContractError, ValueError, TypeError, sqlite3.Error) as error:
            log.info("a row of the damaged file is lost: %s", error)
    return found


def _row(kind: Kind, device: str, readings: int, body: bytes) -> NewRow:
    """Values of the past never pass for those of now; ContractError for a body that makes no sense."""
    marked = as_historical(body)
    if kind in (Kind.EVENT, Kind.RECEIPT):
        return NewRow(device, marked, 0, kind=kind)
    return NewRow(device, marked, readings, Lane.HISTORY)
