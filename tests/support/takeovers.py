"""What is done to the primary of a family of ingest processes, and what must be true afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ingest_family import Family, ingest_family
from tests.support.waiting import running, until


@dataclass(frozen=True, slots=True)
class Found:
    """Counts at the end. `late_words` leaves out one packet per freeze: it may have been handed to the network."""

    acquired: int
    stored: int
    lost: int
    duplicates: int
    takeovers: int
    strange_writes: int
    late_words: int


class Takeovers:
    """Each act ends the primary's time and returns when another one acknowledges."""

    def __init__(self, family: Family) -> None:
        self.family, self._first_fence = family, 0

    @classmethod
    @asynccontextmanager
    async def begun(
        cls, folder: Path, names: Sequence[str], run: Mapping[str, Sequence[str | Path]] | None = None
    ) -> AsyncIterator[Takeovers]:
        """With a primary that acknowledges what an edge sends all the time."""
        async with ingest_family(folder, names, run) as family, running(family.load()):
            takeovers = cls(family)
            await family.primary(within_s=60)
            await family.flows()
            takeovers._first_fence = takeovers._fence()
            yield takeovers

    async def kill(self) -> str:
        """SIGKILL; the killed one comes back as a standby."""
        old = await self._settled()
        self.family.members[old].kill()
        new = await self.family.primary(other_than=old)
        self.family.members[old].start()
        await self.family.flows()
        return new

    async def stop(self) -> str:
        """SIGTERM: the lease is given up at once."""
        old = await self._settled()
        # In a thread: the ways to InfluxDB are served by this loop.
        assert await asyncio.to_thread(self.family.members[old].terminate) == 0
        new = await self.family.primary(other_than=old)
        self.family.members[old].start()
        await self.family.flows()
        return new

    async def freeze(self) -> str:
        """SIGSTOP for longer than the term."""
        return await self._freeze(await self._settled())

    async def freeze_in_a_write(self) -> str:
        """The same, between the points in InfluxDB and their entry in the ledger."""
        old = await self._settled()
        self.family.ways[old].freeze()
        await self.family.is_stuck_in_a_write()
        return await self._freeze(old)

    async def ended(self) -> Found:
        """Nothing comes any more, everything that came is through; counted from the databases."""
        self.family.is_loaded = False
        await self.family.drained()
        counted = await asyncio.to_thread(self.family.counts)
        acquired, late = self.family.edge.outbox.counts().acquired, self.family.late_words()
        return Found(
            acquired=acquired,
            stored=counted.stored,
            lost=acquired - counted.stored - counted.quarantined,
            duplicates=counted.duplicates,
            takeovers=self._fence() - self._first_fence,
            strange_writes=len(self.family.strange_writes()),
            late_words=sum(late.values()) - len(late),
        )

    async def _freeze(self, old: str) -> str:
        member = self.family.members[old]
        member.freeze()
        try:
            new = await self.family.primary(other_than=old)
            await self.family.flows()
        finally:
            self.family.ways[old].thaw()
            member.thaw()
        await self._settled()
        await self.family.flows()
        return new

    async def _settled(self) -> str:
        """The primary, once every other member stands by."""
        others = len(self.family.members) - 1
        await until(lambda: len(self.family.host().standbys) >= others, within_s=60, what="all others stand by")
        return await self.family.primary()

    def _fence(self) -> int:
        return int(str(self.family.ask("SELECT max(fence) FROM ingest_lease")[0][0]))
