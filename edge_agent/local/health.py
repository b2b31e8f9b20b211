"""What the box says of itself once a minute: a HealthSource for the profile `xietong.gateway`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from edge_agent.acquisition.poller import Poller
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.delivery.outbox import Outbox
from edge_agent.local import kernel_files
from edge_agent.local.kernel_clock import read_kernel_clock
from foundation.clock import Clock
from gateway.messages import Value

FAULTS = ("wrong_replies", "refusals", "link_errors", "malformed")


class BoxHealth:
    """HealthSource of the running agent; the poller comes later, since it reads this in its turn."""

    def __init__(
        self, *, folder: Path, outbox: Outbox, link: LinkWatch, clock: Clock, quality: Callable[[], int] | None = None
    ) -> None:
        """`quality` is the ClockQuality of our own time."""
        self._quality = quality
        self._folder, self._outbox, self._link, self._clock = folder, outbox, link, clock
        self._poller: Poller | None = None
        self._cpu = kernel_files.cpu_times()

    def attach(self, poller: Poller) -> None:
        self._poller = poller

    async def values(self) -> Mapping[str, Value]:
        """As HealthSource.values; ratios are shares of 1, counts those since the start of the agent."""
        found: dict[str, Value] = {
            "cpu": self._cpu_share(),
            "memory": kernel_files.memory_used(),
            "agent_memory": _float(kernel_files.own_memory()),
            "disk_free": kernel_files.disk_free(self._folder),
            "temperature": kernel_files.temperature_c(),
            "uptime": kernel_files.uptime_s(),
            "link_uptime": self._link.online_s,
            **self._clock_values(),
            **self._poll_values(),
            **await asyncio.to_thread(self._outbox_values),
        }
        return {field: value for field, value in found.items() if value is not None}

    def _cpu_share(self) -> float | None:
        """Since the last look; all cores together are 1."""
        before, self._cpu = self._cpu, kernel_files.cpu_times()
        if before is None or self._cpu is None or self._cpu[1] <= before[1]:
            return None
        return (self._cpu[0] - before[0]) / (self._cpu[1] - before[1])

    def _clock_values(self) -> dict[str, Value]:
        state = read_kernel_clock()
        own: dict[str, Value] = {} if self._quality is None else {"clock_quality": int(self._quality())}
        if state is None:
            return own
        return own | {"clock_synchronised": int(state.is_synchronised), "clock_offset": state.offset_s}

    def _poll_values(self) -> dict[str, Value]:
        if self._poller is None:
            return {}
        counters = list(self._poller.counters.values())
        return {
            "poll_requests": float(sum(one.get("requests", 0) + one.get("messages", 0) for one in counters)),
            "poll_timeouts": float(sum(one.get("timeouts", 0) for one in counters)),
            "poll_faults": float(sum(one.get(name, 0) for one in counters for name in FAULTS)),
            "poll_missed": float(self._poller.missed),
            "call_strangers": float(sum(one.get("strangers", 0) for one in counters)),
        }

    def _outbox_values(self) -> dict[str, Value]:
        try:
            backlog = self._outbox.backlog()
        except sqlite3.Error:
            return {}
        age_s = 0.0 if backlog.oldest_ms is None else max(0.0, (self._clock.now_ms() - backlog.oldest_ms) / 1000)
        return {
            "outbox_rows": float(backlog.rows),
            "outbox_bytes": float(backlog.used_bytes),
            "outbox_oldest_age": age_s,
            "outbox_dropped": float(backlog.dropped),
        }


def _float(value: int | None) -> float | None:
    return None if value is None else float(value)
