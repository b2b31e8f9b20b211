"""Writes the receipts of commands into the journal and hands each of them to the outbox, once per fate."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import deque
from collections.abc import Awaitable, Callable

from edge_agent.commands.journal import Journal
from foundation.clock import Clock
from foundation.rng import Rng
from gateway.messages import CommandReceipt, Outcome, Value
from gateway.sparkplug.vocabulary import LATEST_MS

ANSWERS_PER_MINUTE = 60
MAX_NAME = 60

PutReceipt = Callable[[CommandReceipt], Awaitable[None]]
"""Durably accepts a receipt; returns after the commit."""


class ReceiptDesk:
    """The journal keeps a receipt until the outbox has it, so that a crash in between loses none.

    Answers that cost a stranger nothing (unreadable envelopes, replays) are limited to ANSWERS_PER_MINUTE, lest they
    fill the outbox; `unanswered` counts the rest.
    """

    def __init__(self, journal: Journal, put: PutReceipt, *, clock: Clock, rng: Rng) -> None:
        self._journal, self._put = journal, put
        self._clock, self._rng = clock, rng
        self._lock = asyncio.Lock()
        self._answered_s: deque[float] = deque()
        self.unanswered = 0

    def write(
        self, command_id: str, device: str, point: str, outcome: Outcome, reason: str, read_back: Value = None
    ) -> None:
        """Journal a receipt; inside a transaction of the journal it is committed with the fate it tells."""
        self._add(self._rng.uuid(), command_id, device, point, outcome, reason, read_back)

    def refuse(self, token: bytes, reason: str, *, command_id: str, device: str, point: str) -> None:
        """Answer an order that never became a command; the same `token` gives the same receipt, told once."""
        if self._may_answer():
            receipt_id = str(uuid.UUID(bytes=hashlib.sha256(token).digest()[:16], version=4))
            self._add(receipt_id, command_id, device, point, Outcome.REFUSED, reason, None)

    async def hand_over(self) -> None:
        """Bring every waiting receipt to the outbox."""
        async with self._lock:
            for receipt in self._journal.waiting_receipts():
                await self._put(receipt)
                self._journal.handed_over(receipt.receipt_id)

    async def repeat(self, command_id: str) -> None:
        """Say again what was said of a command; the receipt ids stay the same."""
        if not self._may_answer():
            return
        for receipt in self._journal.receipts_of(command_id):
            await self._put(receipt)

    def _add(
        self, receipt_id: str, command_id: str, device: str, point: str, outcome: Outcome, reason: str, value: Value
    ) -> None:
        # A clock far beyond its time must not leave a receipt that nobody, this journal included, would read again.
        now_ms = min(max(self._clock.now_ms(), 0), LATEST_MS - 1)
        self._journal.add_receipt(
            CommandReceipt(
                receipt_id, command_id, device[:MAX_NAME], point[:MAX_NAME], outcome, str(reason), value, now_ms
            )
        )

    def _may_answer(self) -> bool:
        now_s = self._clock.monotonic()
        while self._answered_s and now_s - self._answered_s[0] >= 60:
            self._answered_s.popleft()
        if len(self._answered_s) >= ANSWERS_PER_MINUTE:
            self.unanswered += 1
            return False
        self._answered_s.append(now_s)
        return True
