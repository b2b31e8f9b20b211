"""The intake and outbox of an edge in a process of its own, whose disk gets full; prints what became of every reading.

Arguments: folder, and how its room is bounded: `limit` (size of files bounded from the start), `late-limit` (bounded
while it runs) or `disk` (the folder's file system is small; another file takes the rest of it), and how many times the
disk gets full.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import sqlite3
import sys
from pathlib import Path

from edge_agent.acquisition import intake as intake_module
from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.delivery.outbox import Lane, NewRow, Outbox
from foundation.ballast import BYTES
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from foundation.rng import SystemRng
from gateway.messages import NODE_SUBJECT, DeviceEvent, Reading

MOST_FILE = 6 * 2**20
T0 = 1_790_000_000_000
A_ROUND = 400
MOST_ROUNDS = 200


class Edge:
    """Hands in readings of text that cannot be compressed, and events."""

    def __init__(self, folder: Path, bound: str) -> None:
        self.folder, self.bound, self.handed_in, self.events, self.freed = folder, bound, 0, 0, 0
        self.chance = random.Random(1)
        intake_module.MAX_WAITING, self._is_lifted = 1_000, False
        if bound == "limit":
            self.set_limit(MOST_FILE)
        self.outbox = Outbox(
            folder / "outbox.db", disk=SystemDisk(), rng=SystemRng(), max_rows=10**6, ballast_bytes=BYTES
        )
        self.intake = OutboxIntake(
            outbox=self.outbox,
            image=ProcessImage(),
            deadband=Deadband({}, max_silence_s=0, counter_silence_s=0),
            clock=SystemClock(),
            rng=SystemRng(),
            on_life=lambda device, alive, at: None,
            on_readings=lambda device, readings: None,
            on_commit=lambda: None,
        )

    def set_limit(self, size: int) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    async def round(self) -> None:
        """Hand in readings and an event, then commit as the agent does."""
        for _ in range(A_ROUND):
            self.handed_in += 1
            text = self.chance.randbytes(300).hex()
            self.intake.readings("a-main", [Reading("Text", text, T0 + self.handed_in)])
        self.events += 1
        self.intake.event(DeviceEvent(f"e{self.events}", "camera.review", NODE_SUBJECT, T0, {}))
        await self.intake.commit()

    async def fill(self) -> int:
        """Until the disk refuses; how many rounds it took."""
        for number in range(MOST_ROUNDS):
            await self.round()
            if self.intake._is_refused:
                return number
        raise AssertionError("the disk was never full")

    def acknowledge(self, rows: int) -> bool:
        """The cloud has stored the oldest rows; whether the outbox could delete them."""
        before = self.outbox.counts().readings
        spools = [row.spool for row in self.outbox.rows_after(Lane.LIVE, 0, limit=rows)]
        try:
            self.outbox.free([(spool, spool) for spool in spools])
        except sqlite3.OperationalError:
            return False
        self.freed += before - self.outbox.counts().readings
        return True

    def make_full(self) -> None:
        """Take what is left of the room."""
        if self.bound == "late-limit" or (self.bound == "limit" and self._is_lifted):
            size = max(MOST_FILE, (self.folder / "outbox.db").stat().st_size + 2 * 2**20)
            self.set_limit(size)
            if self.bound == "limit":
                self.outbox._database.execute(f"PRAGMA max_page_count={size // 4096}")
        if self.bound == "disk":
            found = os.statvfs(self.folder)
            left = found.f_bavail * found.f_frsize - 2 * 2**20
            with (self.folder / "others").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, left)

    def give_room(self) -> None:
        """There is room again."""
        self._is_lifted = True
        (self.folder / "others").unlink(missing_ok=True)
        self.set_limit(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
        self.outbox._database.execute("PRAGMA max_page_count=4294967294")


async def live(folder: Path, bound: str, times: int) -> dict[str, object]:
    edge = Edge(folder, bound)
    could_free = True
    for _ in range(times):
        await edge.round()
        edge.make_full()
        rounds = await edge.fill()
        could_free &= edge.acknowledge(500)
        for _ in range(8):
            await edge.round()
        waiting_while_full = len(edge.intake._rows)
        could_free &= edge.acknowledge(500)
        edge.give_room()
        await edge.round()
        edge.outbox.keep_ballast()
    counts = edge.outbox.counts()
    report = {
        "rounds": rounds,
        "could_free": could_free,
        "waiting_while_full": waiting_while_full,
        "waiting_at_end": len(edge.intake._rows),
        "handed_in": edge.handed_in,
        "acquired": counts.acquired,
        "freed": edge.freed,
        "pending": counts.readings,
        "dropped": dict(counts.dropped),
        "dropped_by_kind": {kind: dict(reasons) for kind, reasons in counts.dropped_by_kind.items()},
        "events": edge.events,
        "facts": dict(counts.facts),
        "ballast": (folder / "outbox.db.ballast").stat().st_size,
        "integrity": edge.outbox._database.execute("PRAGMA integrity_check").fetchone()[0],
    }
    edge.outbox.put([NewRow("a-main", b"", 0)], now_ms=T0)
    edge.outbox.close()
    return report


if __name__ == "__main__":
    print(json.dumps(asyncio.run(live(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))))
