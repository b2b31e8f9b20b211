"""What the outbox needs done from time to time while the agent runs."""

from __future__ import annotations

import asyncio
import logging
import sqlite3

from edge_agent.delivery.generation import Generation
from edge_agent.delivery.outbox import Outbox
from foundation.clock import Clock

log = logging.getLogger(__name__)

EVERY_S = 30.0
TIMES_AN_HOUR = 120


class Upkeep:
    """Keeps the ballast and the mark of how far the stream came; ages the rows by the hours in which the agent runs."""

    def __init__(self, outbox: Outbox, clock: Clock, *, max_age_days: float | None, generation: Generation) -> None:
        self._outbox, self._clock, self._generation = outbox, clock, generation
        self._max_age_hours = None if max_age_days is None else max(1, round(max_age_days * 24))

    async def run(self) -> None:
        """Work until cancelled."""
        times = 0
        while True:
            await self._clock.sleep(EVERY_S)
            times += 1
            try:
                await asyncio.to_thread(self._outbox.keep_ballast)
                await asyncio.to_thread(self._note)
                if times % TIMES_AN_HOUR == 0:
                    await asyncio.to_thread(self._outbox.hour_passed, self._max_age_hours)
            except sqlite3.OperationalError as error:
                log.error("the outbox is not kept up now: %s", error)

    def _note(self) -> None:
        self._generation.note(self._outbox.stream, self._outbox.last_spool())
