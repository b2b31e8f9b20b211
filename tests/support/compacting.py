"""A process that writes into an embedded store, late readings too, and compacts it meanwhile, until it is killed."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.core.series import DAY_MS, StreamRow, window_start
from foundation.disk import SystemDisk
from gateway.messages import Reading

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
GROUP, POINT = "county", "Energy/Active/Total"
DEVICES, READINGS, DAYS = 5, 40, 4
MIDNIGHT = window_start(1_790_000_000_000, DAY_MS)


def batch(number: int) -> list[StreamRow]:
    """One row of every device; its readings lie anywhere in the days, so that most come late."""
    rows = []
    for device in range(DEVICES):
        spool = number * DEVICES + device + 1
        moments = (MIDNIGHT + (spool * 7_919 + n * 104_729) * 1_009 % (DAYS * DAY_MS) for n in range(READINGS))
        readings = tuple(Reading(POINT, spool * READINGS + n, at_ms) for n, at_ms in enumerate(moments))
        rows.append(StreamRow(STREAM, spool, GROUP, f"meter-{device}", readings))
    return rows


def main(path: Path) -> None:
    """Says the number of each batch that is stored."""
    store = EmbeddedStore(path, SystemDisk())

    def compact() -> None:
        # Through a connection of its own, as another process would.
        other = EmbeddedStore(path, SystemDisk())
        while True:
            other.pack(MIDNIGHT + DAYS * DAY_MS)

    threading.Thread(target=compact, daemon=True).start()
    first = store.counts().rows // DEVICES
    for number in range(first, first + 100_000):
        store.write(batch(number))
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
