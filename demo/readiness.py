"""The way to ready: every device online, the threshold set, eight weeks of history stored through the real path."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from demo.api import Api
from demo.commands import CloudStatus, Commands, finish
from demo.layout import Layout
from demo.policy import set_threshold
from demo.screen import Bar, Bars, Screen
from foundation.clock import Clock
from foundation.errors import XietongError
from simulators.compound import Compound

READY_S = 240
ASK_S = 1.0


class NotReady(XietongError):
    """Something did not come up in time."""


@dataclass(slots=True)
class Progress:
    """How far the demo has come; times in seconds from its start."""

    first_reading_s: float | None = None
    history_readings: int | None = None
    devices_online: int = 0
    is_threshold_set: bool = False
    is_history_stored: bool = False
    bars: dict[str, Bar] = field(default_factory=dict)


class Readiness:
    """Brings one demo to ready; the processes are up already."""

    def __init__(
        self, layout: Layout, screen: Screen, commands: Commands, api: Api, compound: Compound, clock: Clock
    ) -> None:
        self._layout, self._screen, self._commands, self._api = layout, screen, commands, api
        self._compound, self._clock = compound, clock
        self._devices = len(compound.devices) + len(compound.cameras) + len(compound.vehicles)
        self._progress = Progress()

    async def reach(self, began: float) -> tuple[float, float]:
        """Seconds from `began` to ready and to the first stored reading; raises NotReady after READY_S."""
        with self._screen.bars() as bars:
            history = asyncio.create_task(self._bring_history(bars), name="history")
            try:
                async with asyncio.timeout(READY_S - (self._clock.monotonic() - began)):
                    await self._watch(bars, history, began)
            except TimeoutError:
                raise NotReady(self._missing()) from None
            finally:
                history.cancel()
                await asyncio.gather(history, return_exceptions=True)
        ready_s = self._clock.monotonic() - began
        self._screen.done("demo.step.ready", devices=self._progress.devices_online, seconds=f"{ready_s:.0f}")
        return ready_s, self._progress.first_reading_s or ready_s
