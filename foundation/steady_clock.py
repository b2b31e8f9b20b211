"""A wall clock that nobody can step: an anchor plus monotonic time, corrected only by a clock that a server keeps.

Until the first synchronisation its times are only right relative to each other: one shift makes them all right.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from foundation.clock import Clock

EARLIEST_MS = 1_760_000_000_000
"""October 2025: this software is younger, so a clock that says less was never set."""

LATEST_MS = 4_102_444_800_000
"""The year 2100: a clock beyond it is broken."""

STEP_MS = 60_000
"""A change of the machine's clock, or a difference to ours, above this is a step and not drift."""


def is_plausible(now_ms: int) -> bool:
    """A time that this software can live in."""
    return EARLIEST_MS <= now_ms < LATEST_MS


class ClockQuality(enum.IntEnum):
    """How far wall time can be believed."""

    UNSYNCED = 0
    """No time server has confirmed it since the machine started."""
    HOLDOVER = 1
    """It was confirmed, and goes on by the monotonic clock alone."""
    SYNCED = 2


@dataclass(frozen=True, slots=True)
class KeptTime:
    """What is known of time for the next start: our time, and how it stands to the monotonic clock of `boot`.

    `unsure_after` is the outbox row after which the rows of this boot may bear a wrong time; `fallback_ms` the shift
    that brings a guess to the latest time known to have been.
    """

    wall_ms: int
    boot: str
    offset_ms: int
    quality: ClockQuality
    is_guess: bool
    unsure_after: int
    fallback_ms: int = 0

    def is_of(self, boot: str) -> bool:
        """Whether this is of the same run of the machine; never where the kernel does not name its runs."""
        return bool(boot) and self.boot == boot


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the machine's clock found.

    `step_ms` is how far it was set since the last look (0 within STEP_MS); `shift_ms` what all our times must be
    shifted by, None when they need not; `is_sure` whether a time server stands behind that; `moved_ms` how far our
    clock stepped after it had been right.
    """

    step_ms: int
    shift_ms: int | None = None
    is_sure: bool = False
    moved_ms: int = 0


class SteadyClock:
    """Fits the port Clock over the machine's clock. `look` is to be called about once a second."""

    def __init__(self, machine: Clock, *, boot: str = "", kept: KeptTime | None = None) -> None:
        self._machine, self.boot = machine, boot
        self._last_s, self._last_wall_ms = machine.monotonic(), machine.now_ms()
        self._offset_ms = 0.0
        self.quality = ClockQuality.UNSYNCED
        self.is_guess = False
        self._least_ms, self._began_s = (EARLIEST_MS if kept is None else max(kept.wall_ms, EARLIEST_MS)), self._last_s
        if kept is not None and kept.is_of(boot):
            self._go_on(kept)
        else:
            self._begin()

    def _go_on(self, kept: KeptTime) -> None:
        """The same run of the machine: our scale goes on, so that rows of before and after fit together."""
        self._offset_ms = float(kept.offset_ms)
        self.quality = min(kept.quality, ClockQuality.HOLDOVER)
        # Set by hand while nobody looked: who restarts the agent wants that time.
        is_set = is_plausible(self._last_wall_ms) and abs(self._last_wall_ms - self.now_ms()) > STEP_MS
        self.is_guess = kept.is_guess or (self.quality is ClockQuality.UNSYNCED and is_set)

    def _begin(self) -> None:
        wall_ms = self._last_wall_ms
        self.is_guess = not is_plausible(wall_ms) or wall_ms < self._least_ms - STEP_MS
        # A guess counts from 1970: whoever sees it knows that it is none of today's times.
        self._offset_ms = 0.0 if self.is_guess else wall_ms - self._last_s * 1000

    def now_ms(self) -> int:
        return round(self._offset_ms + self._machine.monotonic() * 1000)

    def monotonic(self) -> float:
        return self._machine.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._machine.sleep(seconds)

    @property
    def fallback_ms(self) -> int:
        """The shift from a guess to the latest time that is known to have been, for when no server comes."""
        since_ms = (self.monotonic() - self._began_s) * 1000
        return round(self._least_ms + since_ms) - self.now_ms()

    @property
    def is_unsure(self) -> bool:
        """Whether what is stamped now may need a shift later."""
        return self.quality is ClockQuality.UNSYNCED

    @property
    def is_trusted(self) -> bool:
        """Whether wall time may decide something."""
        return not self.is_unsure

    def look(self, *, is_synchronised: bool) -> Look:
        """Compare with the machine's clock, follow it if a server keeps it; `adopt` is left to the caller."""
        now_s, wall_ms = self._machine.monotonic(), self._machine.now_ms()
        step_ms = wall_ms - self._last_wall_ms - round((now_s - self._last_s) * 1000)
        elapsed_ms = (now_s - self._last_s) * 1000
        self._last_s, self._last_wall_ms = now_s, wall_ms
        step_ms = step_ms if abs(step_ms) > STEP_MS else 0
        ahead_ms = wall_ms - self.now_ms()
        if is_synchronised and is_plausible(wall_ms):
            if self.is_unsure:
                return Look(step_ms, shift_ms=ahead_ms, is_sure=True)
            self._follow(ahead_ms, elapsed_ms)
            return Look(step_ms, moved_ms=ahead_ms if abs(ahead_ms) > STEP_MS else 0)
        self.quality = min(self.quality, ClockQuality.HOLDOVER)
        if self.is_guess and is_plausible(wall_ms) and (ahead_ms > -STEP_MS or step_ms):
            return Look(step_ms, shift_ms=ahead_ms)
        return Look(step_ms)

    def adopt(self, shift_ms: int, *, is_sure: bool) -> None:
        """Take a new scale; what was stamped by the old one is for the caller to shift."""
        self._offset_ms += shift_ms
        self.is_guess = False
        self.quality = ClockQuality.SYNCED if is_sure else ClockQuality.UNSYNCED

    def _follow(self, ahead_ms: int, elapsed_ms: float) -> None:
        """Small steps back are spread out, so that our time never stands still; a large one is the truth."""
        self.quality = ClockQuality.SYNCED
        if -STEP_MS <= ahead_ms < 0:
            self._offset_ms -= min(-ahead_ms, elapsed_ms / 2)
        else:
            self._offset_ms += ahead_ms

    def kept(self, unsure_after: int) -> KeptTime:
        """What the next start needs to know."""
        fallback_ms = self.fallback_ms if self.is_guess else 0
        return KeptTime(
            wall_ms=self.now_ms() + fallback_ms,
            boot=self.boot,
            offset_ms=round(self._offset_ms),
            quality=self.quality,
            is_guess=self.is_guess,
            unsure_after=unsure_after,
            fallback_ms=fallback_ms,
        )
