"""Primary or standby: waits for the lease, renews it well before its end, believes in it for less than it lasts.

The database's clock says when a lease ends. A primary counts by its own monotonic clock from before it asked for the
renewal, and a part of the term less, so that it falls silent before anybody else can begin.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from cloud.core.ingest_lease import Claim, Lease, LeaseBook, LeaseLost
from foundation.clock import Clock
from foundation.errors import LinkError

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)

RENEWALS = 5
"""How often a lease is renewed within its term."""
LOOKS = 10
"""How often a standby looks within a term."""
BELIEVED = 0.8
LEAVE_WITHIN_S = 5.0


class Primacy:
    """One span of time as primary. Made and renewed by `Standing`."""

    def __init__(self, lease: Lease, until: float, book: LeaseBook, clock: Clock) -> None:
        self.lease, self.until = lease, until
        self._book, self._clock = book, clock

    def check(self) -> None:
        """Raise LeaseLost unless this process is surely still the primary."""
        if self._clock.monotonic() >= self.until:
            raise LeaseLost(f"the lease of host {self.lease.host_id} could not be renewed in time")

    def note_state(self, state_ms: int) -> None:
        """Persist the time of a STATE before it is published."""
        self.check()
        self._book.note_state(self.lease, state_ms)


class Standing:
    """One process's place among those that may be the same host."""

    def __init__(self, book: LeaseBook, claim: Claim, term_s: float, clock: Clock) -> None:
        self._book, self._claim, self._clock = book, claim, clock
        self._term_s, self._term_ms = term_s, round(term_s * 1000)
        # Its own thread: a renewal must not queue behind what the other roles do.
        self._thread = ThreadPoolExecutor(1, "lease")

    @contextlib.asynccontextmanager
    async def primary(self) -> AsyncIterator[Primacy]:
        """Wait for the lease, however long, and hold it for the block, which must run `keep` beside its work.

        Raises ClaimRefused when this process can never be the primary beside those that are alive.
        """
        primacy = None
        try:
            primacy = await self._become()
            yield primacy
        finally:
            await self._leave(primacy)

    async def keep(self, primacy: Primacy) -> None:
        """Renew until cancelled; raises LeaseLost when that did not work in time, or somebody has taken over."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._renew(primacy))
            tasks.create_task(self._expire(primacy))

    async def _become(self) -> Primacy:
        told = ""
        while True:
            try:
                found = await self._ask(lambda: self._book.take(self._claim, self._term_ms))
                if isinstance(found, Lease):
                    primacy = Primacy(found, 0, self._book, self._clock)
                    await self._renew_once(primacy)
                    log.info("primary of host %s, number %d", found.host_id, found.fence)
                    return primacy
                now = f"standing by for host {self._claim.host_id}: {found.process} is the primary"
            except (LinkError, LeaseLost) as error:
                now = f"cannot ask for the lease: {error}"
            if now != told:
                log.info(now)
            told = now
            await self._clock.sleep(self._term_s / LOOKS)

    async def _renew(self, primacy: Primacy) -> None:
        is_told = False
        while True:
            await self._clock.sleep(self._term_s / RENEWALS)
            try:
                await self._renew_once(primacy)
                is_told = False
            except LinkError as error:
                if not is_told:
                    log.warning("the lease is not renewed: %s", error)
                is_told = True

    async def _renew_once(self, primacy: Primacy) -> None:
        asked = self._clock.monotonic()
        await self._ask(lambda: self._book.renew(primacy.lease, self._term_ms))
        primacy.until = asked + BELIEVED * self._term_s

    async def _expire(self, primacy: Primacy) -> None:
        while True:
            primacy.check()
            await self._clock.sleep(max(primacy.until - self._clock.monotonic(), 0))

    async def _leave(self, primacy: Primacy | None) -> None:
        """Whoever stands by need not wait for the end of the term; without a database it has to."""
        lease = primacy.lease if primacy is not None else None
        with contextlib.suppress(LinkError, TimeoutError):
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await self._ask(lambda: self._book.leave(self._claim, lease))

    async def _ask(self, question: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)
