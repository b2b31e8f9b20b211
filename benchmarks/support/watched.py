"""Memory and processor time of other processes, looked at while something goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

_LOOK_EVERY_S = 0.2


@dataclass(slots=True)
class Watched:
    """One process: cores over the time watched, and the most memory (RSS) seen."""

    cores: float = 0.0
    most_mb: float = 0.0


@contextmanager
def watched(*pids: int) -> Iterator[list[Watched]]:
    """Look at processes for the length of the block; cores are known at its end."""
    processes, found, is_over = [psutil.Process(pid) for pid in pids], [Watched() for _ in pids], threading.Event()

    def look() -> None:
        while not is_over.wait(_LOOK_EVERY_S):
            for process, one in zip(processes, found, strict=True):
                one.most_mb = max(one.most_mb, process.memory_info().rss / 1e6)

    thread = threading.Thread(target=look, daemon=True)
    start, before = time.monotonic(), [_spent_s(one) for one in processes]
    thread.start()
    try:
        yield found
    finally:
        is_over.set()
        thread.join()
        seconds = time.monotonic() - start
        for process, one, spent in zip(processes, found, before, strict=True):
            one.cores = (_spent_s(process) - spent) / seconds


def _spent_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
