"""Tells systemd how the agent is: ready, alive, reloading (sd_notify(3) over its datagram socket, no package)."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping

from foundation.clock import Clock

SHARE = 0.4
"""Of the watchdog's time between two signs of life: less than half, as sd_watchdog_enabled(3) advises."""


class ServiceManager:
    """Without `NOTIFY_SOCKET` in the environment nobody listens and nothing is sent."""

    def __init__(self, environment: Mapping[str, str], clock: Clock) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        # A name that begins with @ is in the abstract namespace.
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        is_ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6 if is_ours else 0.0
        self._clock = clock

    def ready(self) -> None:
        self._tell("READY=1")

    def reloading(self) -> None:
        """Followed by `ready`."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={round(self._clock.monotonic() * 1e6)}")

    async def watch(self, is_well: Callable[[], bool]) -> None:
        """Signs of life for as long as all is well, until cancelled; a box that is not is started anew by systemd."""
        while self.watchdog_s > 0:
            if is_well():
                self._tell("WATCHDOG=1")
            await self._clock.sleep(self.watchdog_s * SHARE)

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.sendto(message.encode(), self._address)
        except OSError:
            return  # the manager is gone; the agent does not depend on it
