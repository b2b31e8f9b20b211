"""Pages that stay fresh: one read for all viewers of the same scope, none for a page that nobody looks at."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from nicegui import ui

from cloud.console.session import Viewer, is_still
from cloud.core.access import Principal
from cloud.desks.door import DoorServices
from foundation.clock import Clock

log = logging.getLogger(__name__)

View = TypeVar("View")
FORGET_S = 600.0

_WATCH_VISIBILITY = """
document.addEventListener('visibilitychange', () => emitEvent('looked_at', !document.hidden));
"""


class _Slot:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value: Any = None
        self.read_at: float | None = None


class SharedReads:
    """Views by key, each read at most once per `max_age_s` however many pages ask for it. Safe in threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots: dict[Hashable, _Slot] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, max_age_s: float, read: Callable[[], View]) -> View:
        """The view of `key`, not older than `max_age_s`; whoever comes while it is being read waits for it."""
        slot = self._slot(key)
        with slot.lock:
            now = self._clock.monotonic()
            if slot.read_at is None or now - slot.read_at >= max_age_s:
                slot.value, slot.read_at = read(), now
            view: View = slot.value
            return view

    def _slot(self, key: Hashable) -> _Slot:
        with self._lock:
            if key not in self._slots:
                self._forget_old()
                self._slots[key] = _Slot()
            return self._slots[key]

    def _forget_old(self) -> None:
        oldest = self._clock.monotonic() - FORGET_S
        self._slots = {key: slot for key, slot in self._slots.items() if (slot.read_at or oldest) >= oldest}


def scope_key(kind: str, principal: Principal) -> Hashable:
    """Principals with this key in common see the same."""
    return kind, principal.roles, principal.institution_ids, principal.department


class LiveLoop:
    """Reads in a thread and draws, every few seconds, while the page is open, looked at and allowed."""

    def __init__(self, services: DoorServices, viewer: Viewer, on_state: Callable[[bool], None]) -> None:
        """`on_state` hears whether the last read succeeded."""
        self._services, self._viewer, self._on_state = services, viewer, on_state
        self._timers: list[ui.timer] = []
        self._was_good = True
        ui.on("looked_at", lambda event: self._look(bool(event.args)))
        ui.add_body_html(f"<script>window.addEventListener('load', () => {{ {_WATCH_VISIBILITY} }});</script>")

    def every(
        self, seconds: float, read: Callable[[], View], draw: Callable[[View], None]
    ) -> Callable[[], Awaitable[None]]:
        """Start repeating; returns the step itself, to be called after a change of the page's own making."""

        async def step() -> None:
            await self._step(read, draw)

        self._timers.append(ui.timer(seconds, step))
        return step

    async def _step(self, read: Callable[[], View], draw: Callable[[View], None]) -> None:
        client = ui.context.client
        try:
            is_allowed = await asyncio.to_thread(is_still, self._services, self._viewer)
            view = await asyncio.to_thread(read) if is_allowed else None
        except Exception:
            # Whatever a port's adapter raises: the page says that it is stale, and goes on trying.
            if self._was_good:
                log.exception("console: reading for a page failed; repeating")
            self._say(False)
            return
        if client.is_deleted:
            return
        if view is None:
            ui.navigate.reload()
            return
        draw(view)
        self._say(True)

    def _say(self, is_good: bool) -> None:
        if is_good != self._was_good:
            log.info("console: reading for a page %s", "works again" if is_good else "fails")
        self._was_good = is_good
        self._on_state(is_good)

    def _look(self, is_looked_at: bool) -> None:
        for timer in self._timers:
            timer.active = is_looked_at
