"""Looks after time: follows a clock that a server keeps, has rows of before stamped anew, keeps time over restarts."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.local.kernel_clock import read_kernel_clock
from foundation.clock import Clock, SystemClock
from foundation.disk import replace_file
from foundation.rng import Rng
from foundation.steady_clock import ClockQuality, KeptTime, Look, SteadyClock
from gateway.messages import NODE_SUBJECT, DeviceEvent

log = logging.getLogger(__name__)

LOOK_S = 1.0
KEEP_EVERY_S = 60.0
HOLD_S = 3_600.0
"""How long rows of a clock that was never set wait for a time server, before they go with a guessed, marked time."""

STEPPED, UNSURE = "edge.clock_stepped", "edge.clock_unsure"
_BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")
_SYNCHRONISED_FILE = Path("/run/systemd/timesync/synchronized")


def boot_id() -> str:
    """Changes with every start of the machine, as the monotonic clock does; "" where the kernel does not tell."""
    try:
        return _BOOT_FILE.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def is_synchronised() -> bool:
    """Whether the kernel's clock is kept by a time server, or systemd says that it was set by one."""
    state = read_kernel_clock()
    return _SYNCHRONISED_FILE.exists() if state is None else state.is_synchronised


def read_kept(file: Path) -> KeptTime | None:
    """What the last start left; None when it left nothing that can be read."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return KeptTime(**{**content, "quality": ClockQuality(content["quality"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("%s is not used: %s", file, error)
        return None


@dataclass(frozen=True, slots=True)
class Machine:
    """What the machine says of time; `boot` changes when its monotonic clock begins anew."""

    clock: Clock = field(default_factory=SystemClock)
    is_synchronised: Callable[[], bool] = is_synchronised
    boot: str = field(default_factory=boot_id)


class ClockWatch:
    """Runs beside the intake. `may_send` is False while rows wait for the right time."""

    def __init__(
        self,
        clock: SteadyClock,
        intake: OutboxIntake,
        *,
        file: Path,
        kept: KeptTime | None,
        last_spool: int,
        ask: Callable[[], bool],
        on_shift: Callable[[int], None],
        after_change: Callable[[], None],
        rng: Rng,
    ) -> None:
        """`kept` is what the file said at the start, when `last_spool` was the outbox's newest row.

        `ask` tells whether a time server keeps the machine's clock. `on_shift` is told how far our times went each
        time, before that is kept.
        """
        is_same_run = kept is not None and kept.is_of(clock.boot)
        self._earlier = None if is_same_run else kept
        # A new outbox, in place of a damaged one, counts from 1 again.
        unsure_after = min(kept.unsure_after, last_spool) if kept is not None and is_same_run else last_spool
        self._clock, self._intake, self._file, self._ask = clock, intake, file, ask
        self._unsure_after, self._on_shift, self._after_change = unsure_after, on_shift, after_change
        self._rng = rng
        self._began_s = clock.monotonic()
        self._kept_s = float("-inf")

    @property
    def may_send(self) -> bool:
        return not self._clock.is_guess

    async def run(self) -> None:
        """Watch until cancelled."""
        await self.look()
        if self._clock.quality is ClockQuality.UNSYNCED and not self._clock.is_guess:
            log.warning("no time server keeps this clock: times are marked until one does")
        try:
            while True:
                await self._clock.sleep(LOOK_S)
                await self.look()
        finally:
            self.keep()

    async def look(self) -> None:
        """One look, and what follows from it."""
        await self._settle_earlier()
        look = self._clock.look(is_synchronised=self._ask())
        if look.shift_ms is not None:
            await self._change(look.shift_ms, is_sure=look.is_sure)
        elif self._clock.is_guess and self._clock.monotonic() - self._began_s >= HOLD_S:
            if await self._change(self._clock.fallback_ms, is_sure=False):
                self._tell(UNSURE, 0)
        elif look.moved_ms:
            self._intake.clock_moved(look.moved_ms)
            self._shifted(look.moved_ms)
        self._report(look)
        if self._clock.monotonic() - self._kept_s >= KEEP_EVERY_S:
            self.keep()

    async def _settle_earlier(self) -> None:
        """Rows that an earlier run of the machine stamped by a guess get the latest time known, and stay marked."""
        earlier, self._earlier = self._earlier, None
        if earlier is None or not earlier.is_guess:
            return
        try:
            await self._intake.change_scale(
                lambda: None, earlier.fallback_ms, after_spool=earlier.unsure_after, is_sure=False
            )
        except sqlite3.OperationalError as error:
            log.error("rows of an earlier start keep the time of a clock never set: %s", error)
        self.keep()

    async def _change(self, shift_ms: int, *, is_sure: bool) -> bool:
        def adopt() -> None:
            self._clock.adopt(shift_ms, is_sure=is_sure)

        try:
            await self._intake.change_scale(adopt, shift_ms, after_spool=self._unsure_after, is_sure=is_sure)
        except sqlite3.OperationalError as error:
            log.error("rows cannot be stamped anew now: %s", error)
            return False
        self._shifted(shift_ms)
        log.info("the clock is set, by %.3f s; %s", shift_ms / 1000, self._clock.quality.name.lower())
        self.keep()
        self._after_change()
        return True

    def _shifted(self, shift_ms: int) -> None:
        try:
            self._on_shift(shift_ms)
        except sqlite3.OperationalError as error:
            log.error("what was noted before the clock was set keeps its time: %s", error)

    def _report(self, look: Look) -> None:
        if look.step_ms:
            log.warning("the machine's clock was set by %.1f s", look.step_ms / 1000)
            self._tell(STEPPED, look.step_ms)

    def _tell(self, kind: str, step_ms: int) -> None:
        data = {"step_s": round(step_ms / 1000, 1), "quality": self._clock.quality.name.lower()}
        self._intake.event(DeviceEvent(self._rng.uuid(), kind, NODE_SUBJECT, self._clock.now_ms(), data))

    def keep(self) -> None:
        """Write down what the next start needs to know."""
        self._kept_s = self._clock.monotonic()
        content = json.dumps(asdict(self._clock.kept(self._unsure_after)))
        try:
            replace_file(self._file, content.encode())
        except OSError as error:
            log.error("the time is not kept: %s", error)
