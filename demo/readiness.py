"""The way to ready: every device online, the threshold set, nine weeks of history stored through the real path."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from demo.api import Api
from demo.commands import CloudStatus, Commands, finish
from demo.layout import Layout
from demo.policy import set_threshold
from demo.screen import Bars, Screen
from foundation.clock import Clock
from foundation.errors import XietongError
from simulators.compound import Compound

READY_S = 240
ASK_S = 1.0


class NotReady(XietongError):
    """Something did not come up in time."""


@dataclass(frozen=True, slots=True)
class ReadyTimes:
    """Seconds from the start of the demo."""

    ready_s: float
    first_reading_s: float


class Readiness:
    """Brings one demo to ready; its processes are up already. `began` is the monotonic time of its start."""

    def __init__(
        self,
        *,
        layout: Layout,
        screen: Screen,
        commands: Commands,
        api: Api,
        compound: Compound,
        clock: Clock,
        began: float,
    ) -> None:
        self._layout, self._screen, self._commands, self._api = layout, screen, commands, api
        self._compound, self._clock, self._began = compound, clock, began
        self._first_reading_s: float | None = None
        self._history_readings: int | None = None
        # And the box itself.
        self._devices = len(compound.devices) + len(compound.cameras) + len(compound.vehicles) + 1
        self._devices_online = 0
        self._is_threshold_set = False

    async def reach(self) -> ReadyTimes:
        """Until ready; raises NotReady after READY_S, naming what is missing."""
        with self._screen.bars() as bars:
            history = asyncio.create_task(self._bring_history(bars), name="history")
            try:
                async with asyncio.timeout(READY_S - self._elapsed_s()):
                    await self._watch(bars, history)
            except TimeoutError:
                raise NotReady(self._missing()) from None
            finally:
                history.cancel()
                await asyncio.gather(history, return_exceptions=True)
        times = ReadyTimes(self._elapsed_s(), self._first_reading_s or self._elapsed_s())
        self._screen.done("demo.step.ready", devices=self._devices_online, seconds=f"{times.ready_s:.0f}")
        return times

    async def _watch(self, bars: Bars, history: asyncio.Task[None]) -> None:
        devices, readings = bars("demo.progress.devices"), bars("demo.progress.import_history")
        while True:
            is_imported = history.done()
            if is_imported:
                history.result()
            edge, cloud = await asyncio.gather(self._commands.edge_status(), self._commands.cloud_status())
            self._note(cloud)
            devices.show(cloud.devices_online, self._devices)
            readings.show(cloud.stored, self._history_readings)
            if not self._is_threshold_set and self._all_online():
                await self._set_threshold()
            if self._is_threshold_set and self._all_online() and is_imported and edge.history_rows == 0:
                self._layout.history_imported.touch()
                return
            await self._clock.sleep(ASK_S)

    def _note(self, cloud: CloudStatus) -> None:
        self._devices_online = cloud.devices_online
        if cloud.stored and self._first_reading_s is None:
            self._first_reading_s = self._elapsed_s()
            self._screen.done("demo.step.first_reading", seconds=f"{self._first_reading_s:.0f}")

    def _all_online(self) -> bool:
        return self._devices_online >= self._devices

    async def _set_threshold(self) -> None:
        limit_w = await set_threshold(self._api, self._compound, self._screen.language)
        self._is_threshold_set = True
        self._screen.done("demo.step.policy", limit=f"{limit_w / 1000:.1f}")

    async def _bring_history(self, bars: Bars) -> None:
        """Let the logger write its weeks and the edge take them in; a continued folder has them already."""
        if self._layout.history_imported.exists():
            self._screen.done("demo.step.kept_history")
            return
        if not self._layout.history.exists():
            unfinished = self._layout.history.with_suffix(".part")
            bar = bars("demo.progress.write_history")
            await finish(self._commands.write_history(unfinished))
            unfinished.rename(self._layout.history)
            bar.remove()
        self._history_readings = await asyncio.to_thread(_count_readings, self._layout.history)
        await finish(self._commands.import_history())

    def _elapsed_s(self) -> float:
        return self._clock.monotonic() - self._began

    def _missing(self) -> str:
        missing = f"{self._devices_online}/{self._devices}" if not self._all_online() else self._layout.history.name
        return self._screen.say("demo.error.not_ready", seconds=READY_S, missing=missing)


def _count_readings(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines) - 1
