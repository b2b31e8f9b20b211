"""Sends the outbox to the cloud: live rows first, the backlog behind, nothing freed before it is acknowledged.

At most WINDOW messages are unacknowledged, LIVE_RESERVE of them kept free for live rows, so that live data pass a
backlog of any length. See docs/decisions/0004.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable

from edge_agent.delivery.outbox import Lane, Outbox, StoredRow
from foundation.clock import Clock
from foundation.errors import ContractError, LinkError
from gateway.edge_node import EdgeNode
from gateway.sparkplug.vocabulary import as_historical
from gateway.stream import Acknowledgement, RangeSet

log = logging.getLogger(__name__)

WINDOW = 512
LIVE_RESERVE = 64
RESEND_AFTER_S = 30.0
LIVE_AGE_MS = 30_000
TICK_S = 0.5
FREE_EVERY_S = 1.0
BACKLOG_EVERY_S = 1.0
"""So often it is asked whether an import has brought rows, once there were none."""
CHUNK = 64


def _always() -> bool:
    return True


class Uplink:
    """Drains the outbox through the node while it is online."""

    def __init__(
        self,
        outbox: Outbox,
        node: EdgeNode,
        clock: Clock,
        *,
        is_acknowledged: bool = True,
        may_send: Callable[[], bool] = _always,
    ) -> None:
        """`is_acknowledged` False is for foreign hosts: what was sent counts as heard, which may lose rows.

        Nothing is sent while `may_send` says no: rows may still wait for their right time.
        """
        self._may_send = may_send
        self._is_acknowledged = is_acknowledged
        self._outbox, self._node, self._clock = outbox, node, clock
        self._wake = asyncio.Event()
        self._in_flight: dict[int, float] = {}
        self._freed = RangeSet()
        self._freed_at = 0.0
        self._live_from = 0
        self._live_cursor = 0
        self._old_cursor = 0
        self._history_cursor = 0
        self._backlog_at = float("-inf")
        self._damaged: list[int] = []
        self._is_new_session = True

    def wake(self) -> None:
        """There is something new to send."""
        self._wake.set()

    def session_began(self) -> None:
        self._is_new_session = True
        self._wake.set()

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """The host has stored these rows; those of another stream mean nothing here."""
        if acknowledgement.stream != self._outbox.stream:
            return
        for first, last in acknowledgement.rows:
            self._freed.add(first, last)
        was_full = len(self._in_flight) >= WINDOW - LIVE_RESERVE
        for spool in [spool for spool in self._in_flight if spool in acknowledgement.rows]:
            del self._in_flight[spool]
        if was_full:
            self._wake.set()

    async def run(self) -> None:
        """Send and free until cancelled; what is acknowledged is freed before the end."""
        try:
            while True:
                await self._wait()
                await self._free(force=False)
                if self._node.is_online and self._may_send():
                    await self._pump()
        finally:
            await self._free(force=True)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(TICK_S):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _free(self, *, force: bool) -> None:
        now = self._clock.monotonic()
        if not self._freed or not (force or self._is_new_session or now - self._freed_at >= FREE_EVERY_S):
            return
        ranges, self._freed, self._freed_at = self._freed, RangeSet(), now
        try:
            await asyncio.to_thread(self._outbox.free, list(ranges))
        except sqlite3.OperationalError as error:
            log.error("the outbox cannot be freed now: %s", error)
            for first, last in ranges:
                self._freed.add(first, last)

    async def _pump(self) -> None:
        try:
            if self._is_new_session:
                await self._start_session()
            if not self._is_acknowledged:
                for spool in self._in_flight:
                    self._freed.add(spool)
                self._in_flight.clear()
            await self._send_live()
            await self._send_backlog()
            await self._send_again()
            if self._damaged:
                damaged, self._damaged = self._damaged, []
                await asyncio.to_thread(self._outbox.drop, damaged, "damaged")
        except (LinkError, sqlite3.OperationalError) as error:
            log.info("sending stopped: %s", error)

    async def _start_session(self) -> None:
        """Nothing sent in an earlier session counts as heard; what waits now is backlog, what comes is live."""
        self._in_flight.clear()
        self._live_from = self._live_cursor = await asyncio.to_thread(self._outbox.last_spool)
        self._old_cursor = self._history_cursor = 0
        self._backlog_at = float("-inf")
        self._is_new_session = False

    async def _send_live(self) -> None:
        while (room := min(CHUNK, WINDOW - len(self._in_flight))) > 0:
            rows = await asyncio.to_thread(self._outbox.rows_after, Lane.LIVE, self._live_cursor, limit=room)
            for row in rows:
                self._send(row, is_old=self._clock.now_ms() - row.put_ms > LIVE_AGE_MS)
                self._live_cursor = row.spool
            if len(rows) < room:
                return

    async def _send_backlog(self) -> None:
        """Rows that waited through an outage first, then imported history; stops as soon as live rows wait."""
        if self._clock.monotonic() < self._backlog_at:
            return
        while (room := min(CHUNK, WINDOW - LIVE_RESERVE - len(self._in_flight))) > 0:
            rows = await asyncio.to_thread(
                self._outbox.rows_after, Lane.LIVE, self._old_cursor, until=self._live_from, limit=room
            )
            if rows:
                self._old_cursor = rows[-1].spool
            else:
                rows = await asyncio.to_thread(self._outbox.rows_after, Lane.HISTORY, self._history_cursor, limit=room)
                self._history_cursor = rows[-1].spool if rows else self._history_cursor
            for row in rows:
                self._send(row, is_old=row.spool <= self._old_cursor)
            if not rows:
                self._backlog_at = self._clock.monotonic() + BACKLOG_EVERY_S
            if not rows or self._wake.is_set():
                return

    async def _send_again(self) -> None:
        now = self._clock.monotonic()
        silent = [spool for spool, sent_at in self._in_flight.items() if now - sent_at > RESEND_AFTER_S]
        if not silent:
            return
        rows = await asyncio.to_thread(self._outbox.rows, silent)
        for row in rows:
            self._send(row, is_old=True)
        for spool in set(silent) - {row.spool for row in rows}:
            self._in_flight.pop(spool, None)

    def _send(self, row: StoredRow, *, is_old: bool) -> None:
        try:
            body = as_historical(row.body) if is_old else row.body
            self._node.send_row(row.device, row.spool, body)
        except ContractError as error:
            log.error("row %d is damaged and is dropped: %s", row.spool, error)
            self._damaged.append(row.spool)
            return
        self._in_flight[row.spool] = self._clock.monotonic()
