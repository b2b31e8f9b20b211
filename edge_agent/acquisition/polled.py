"""One device that is asked when it is due: found, read, lost and found again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence

from device_profiles.profile import Point, Poll, Profile
from edge_agent.acquisition.poll_schedule import PollSchedule
from edge_agent.drivers.driver import DeviceDriver, InstalledDevice, Intake, Urgency
from edge_agent.drivers.line.unit_health import UnitQuarantined
from foundation.clock import Clock
from foundation.errors import DeviceError, DeviceRefused, DeviceReplyWrong, DeviceTimeout, LinkError, XietongError
from gateway.messages import Quality, Reading

LOST_AFTER = 2
"""Polls in a row without readings before a device counts as lost."""

_REASONS: Mapping[type[XietongError], str] = {
    DeviceTimeout: "timeout",
    DeviceRefused: "refused",
    DeviceReplyWrong: "wrong_reply",
    LinkError: "link",
}
_URGENCY: Mapping[Poll, Urgency] = {"fast": Urgency.FAST, "normal": Urgency.NORMAL}

_log = logging.getLogger(__name__)


class ProbeFailed(DeviceError):
    """The device answers, but it is not the model that the site file says."""


class PolledDevice:
    """Asks one installed device by its schedule until told to leave; hands all it says to the intake."""

    def __init__(self, installed: InstalledDevice, driver: DeviceDriver, intake: Intake, clock: Clock) -> None:
        self.installed, self.driver = installed, driver
        self.id, self.profile = installed.id, installed.profile
        self.is_found: bool | None = None
        self.missed = 0
        self._intake, self._clock = intake, clock
        self._probes = _probe_points(installed.profile)
        self._points: dict[frozenset[Poll], list[Point]] = {}
        self._failures = 0
        self._reason = "timeout"
        self._is_leaving = self._is_asking = False
        self._task: asyncio.Task[None] | None = None

    def start(self, group: asyncio.TaskGroup, schedule: PollSchedule) -> None:
        """Begin to ask, as a task of `group`."""
        self._is_leaving = False
        self._task = group.create_task(self._attend(schedule), name=f"poll {self.id}")

    async def leave(self) -> None:
        """Ask no more. A question on the way is answered first: its late answer could be taken for another's."""
        task, self._task = self._task, None
        self._is_leaving = True
        if task is None:
            return
        if not self._is_asking:
            task.cancel()
        await asyncio.wait([task])

    async def _attend(self, schedule: PollSchedule) -> None:
        while not self._is_leaving:
            await self._clock.sleep(max(0.0, schedule.next_s - self._clock.monotonic()))
            due = schedule.take_due(self._clock.monotonic())
            self.missed = schedule.missed
            if due:
                self._is_asking = True
                await self._poll(due)
                self._is_asking = False

    async def _poll(self, due: Collection[Poll]) -> None:
        try:
            if self.is_found:
                urgency = min(_URGENCY.get(one, Urgency.SLOW) for one in due)
                readings = await self.driver.read(self._due_points(frozenset(due)), urgency)
            else:
                await self._probe()
                readings = await self.driver.read(self.profile.all_points, Urgency.SLOW)
        except (DeviceError, LinkError) as error:
            self._note_failure(error)
        except Exception as error:
            # A fault that nobody foresaw costs this device, never its neighbours; it is told whole, once.
            if self.is_found is not False:
                _log.exception("device %s: unforeseen fault", self.id)
            self._note_failure(DeviceError(f"{self.id}: {error!r}"))
        else:
            self._note_answer(readings)

    def _due_points(self, due: frozenset[Poll]) -> Sequence[Point]:
        """A device that has nothing due any more is still asked whether it lives."""
        if due not in self._points:
            points = [point for point in self.profile.all_points if point.poll in due]
            self._points[due] = points or list(self.profile.all_points)
        return self._points[due]

    async def _probe(self) -> None:
        """Raise ProbeFailed unless every probe of the profile reads good and within its range."""
        if not self._probes:
            return
        for reading in await self.driver.read(self._probes, Urgency.SLOW):
            if reading.quality is not Quality.GOOD or reading.value is None:
                raise ProbeFailed(f"{self.id}: {reading.point} reads {reading.value}")

    def _note_answer(self, readings: Sequence[Reading]) -> None:
        self._failures = 0
        if not self.is_found:
            self.is_found = True
            self._intake.device_found(self.id, self._clock.now_ms())
            _log.info("device %s answers", self.id)
        self._intake.readings(self.id, readings)

    def _note_failure(self, error: DeviceError | LinkError) -> None:
        self._failures += 1
        self._reason = _reason(error, self._reason)
        is_lost = self._failures >= LOST_AFTER or isinstance(error, ProbeFailed)
        if is_lost and self.is_found is not False:
            self.is_found = False
            self._intake.device_lost(self.id, self._clock.now_ms(), self._reason)
            _log.warning("device %s is lost: %s", self.id, error)


def _probe_points(profile: Profile) -> list[Point]:
    """The probes as points, so that the same planner and decoder read them."""
    return [probe.as_point(f"Probe/{number}") for number, probe in enumerate(profile.probe, start=1)]


def _reason(error: DeviceError | LinkError, before: str) -> str:
    """The code of a failure; a unit that was not asked keeps the reason it was given before."""
    if isinstance(error, ProbeFailed):
        return "probe"
    if isinstance(error, UnitQuarantined):
        return before
    return next((code for kind, code in _REASONS.items() if isinstance(error, kind)), "fault")
