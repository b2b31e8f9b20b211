"""Watches the link to the cloud: after too long without it, automatic commands no longer hold."""

from __future__ import annotations

from foundation.clock import Clock


class LinkWatch:
    """Fed with the beginning and end of sessions; counts as offline until the first one."""

    def __init__(self, clock: Clock, relinquish_after_s: float) -> None:
        self._clock, self._after_s = clock, relinquish_after_s
        self._offline_since: float | None = clock.monotonic()
        self._online_since: float | None = None

    def online(self) -> None:
        """A session with the cloud stands."""
        self._offline_since = None
        if self._online_since is None:
            self._online_since = self._clock.monotonic()

    def offline(self) -> None:
        """The session ended; told again, the first time counts."""
        self._online_since = None
        if self._offline_since is None:
            self._offline_since = self._clock.monotonic()

    @property
    def online_s(self) -> float:
        """How long the session stands; 0 without one."""
        return 0.0 if self._online_since is None else self._clock.monotonic() - self._online_since

    @property
    def is_lost(self) -> bool:
        """Offline for longer than the site allows."""
        return self._offline_since is not None and self._clock.monotonic() - self._offline_since > self._after_s
