"""Asks every device of the site when it is due, keeps who is alive, and lets commands pass ahead of all polling."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Point, Poll, Profile
from edge_agent.acquisition.poll_schedule import PollSchedule, poll_periods
from edge_agent.drivers.buses import OpenBus, Surroundings, open_bus
from edge_agent.drivers.driver import DeviceDriver, InstalledDevice, Intake, Urgency
from edge_agent.drivers.line.unit_health import UnitQuarantined
from edge_agent.drivers.lines import DialFactory, dial_line
from edge_agent.site import Site
from foundation.clock import Clock
from foundation.errors import DeviceError, DeviceRefused, DeviceReplyWrong, DeviceTimeout, LinkError, XietongError
from foundation.rng import Rng
from gateway.messages import Quality, Reading, Value

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


@dataclass(slots=True)
class _Polled:
    """A device that is asked, and what is known of it."""

    id: str
    profile: Profile
    driver: DeviceDriver
    is_found: bool | None = None
    failures: int = 0
    reason: str = field(default="timeout")


class Poller:
    """Runs all buses of a site. Also the PointWriter: writes and read-backs go ahead of polling."""

    def __init__(
        self,
        site: Site,
        catalogue: Catalogue,
        intake: Intake,
        clock: Clock,
        rng: Rng,
        *,
        dial_factory: DialFactory = dial_line,
    ) -> None:
        self._plan, self._intake, self._clock = site.poll, intake, clock
        around = Surroundings(site.node, intake, clock, rng, dial_factory, site.poll.max_silence_s)
        self._buses: dict[str, OpenBus] = {}
        self._polled: dict[str, _Polled] = {}
        for bus in site.buses:
            devices = [InstalledDevice(one, catalogue.get(one.profile)) for one in site.devices if one.bus == bus.id]
            opened = self._buses[bus.id] = open_bus(bus, devices, around)
            for one in devices:
                if one.id in opened.drivers:
                    self._polled[one.id] = _Polled(one.id, one.profile, opened.drivers[one.id])

    @property
    def counters(self) -> dict[str, Mapping[str, int]]:
        """What happened on each bus since the start, by bus id."""
        return {bus: opened.counters() for bus, opened in self._buses.items()}

    async def run(self) -> None:
        """Serve all buses until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for opened in self._buses.values():
                    group.create_task(self._serve(opened))
                # A site without devices waits too.
                group.create_task(asyncio.Event().wait())
        finally:
            for opened in self._buses.values():
                await opened.close()

    async def write(self, device: str, point: str, value: float) -> None:
        """As PointWriter.write."""
        polled = self._known(device)
        await polled.driver.write(_point(polled.profile, point), value)

    async def read_back(self, device: str, point: str) -> Value:
        """As PointWriter.read_back; the reading is handed to the intake as well."""
        polled = self._known(device)
        readings = await polled.driver.read([_point(polled.profile, point)], Urgency.COMMAND)
        if not readings:
            raise DeviceError(f"{device}: {point} was not read")
        if polled.is_found:
            self._intake.readings(device, readings)
        return readings[0].value

    def _known(self, device: str) -> _Polled:
        try:
            return self._polled[device]
        except KeyError:
            raise DeviceError(f"{device} is no device that can be asked") from None

    async def _serve(self, opened: OpenBus) -> None:
        async with asyncio.TaskGroup() as group:
            if opened.source is not None:
                group.create_task(opened.source.run())
            polled = [self._polled[device] for device in opened.drivers]
            for index, one in enumerate(polled):
                # Spread over one fast period, so that a full line is never asked all at once.
                group.create_task(self._attend(one, index / len(polled) * self._plan.fast_s))

    async def _attend(self, polled: _Polled, offset_s: float) -> None:
        classes = {point.poll for point in polled.profile.all_points}
        schedule = PollSchedule(classes, poll_periods(self._plan), self._clock.monotonic() + offset_s)
        while True:
            await self._clock.sleep(max(0.0, schedule.next_s - self._clock.monotonic()))
            due = schedule.take_due(self._clock.monotonic())
            if due:
                await self._poll(polled, due)

    async def _poll(self, polled: _Polled, due: Collection[Poll]) -> None:
        try:
            if polled.is_found:
                # A device that has nothing due any more is still asked whether it lives.
                points = [
                    point for point in polled.profile.all_points if point.poll in due
                ] or polled.profile.all_points
                urgency = min(_URGENCY.get(one, Urgency.SLOW) for one in due)
                readings = await polled.driver.read(points, urgency)
            else:
                await self._probe(polled)
                readings = await polled.driver.read(polled.profile.all_points, Urgency.SLOW)
        except (DeviceError, LinkError) as error:
            self._note_failure(polled, error)
        else:
            self._note_answer(polled, readings)

    async def _probe(self, polled: _Polled) -> None:
        """Raise ProbeFailed unless every probe of the profile reads good and within its range."""
        probes = _probe_points(polled.profile)
        if not probes:
            return
        for reading in await polled.driver.read(probes, Urgency.SLOW):
            if reading.quality is not Quality.GOOD or reading.value is None:
                raise ProbeFailed(f"{polled.id}: {reading.point} reads {reading.value}")

    def _note_answer(self, polled: _Polled, readings: Sequence[Reading]) -> None:
        polled.failures = 0
        if not polled.is_found:
            polled.is_found = True
            self._intake.device_found(polled.id, self._clock.now_ms())
            _log.info("device %s answers", polled.id)
        self._intake.readings(polled.id, readings)

    def _note_failure(self, polled: _Polled, error: DeviceError | LinkError) -> None:
        polled.failures += 1
        polled.reason = _reason(error, polled.reason)
        is_lost = polled.failures >= LOST_AFTER or isinstance(error, ProbeFailed)
        if is_lost and polled.is_found is not False:
            polled.is_found = False
            self._intake.device_lost(polled.id, self._clock.now_ms(), polled.reason)
            _log.warning("device %s is lost: %s", polled.id, error)


def _probe_points(profile: Profile) -> list[Point]:
    """The probes as points, so that the same planner and decoder read them."""
    return [probe.as_point(f"Probe/{number}") for number, probe in enumerate(profile.probe, start=1)]


def _point(profile: Profile, name: str) -> Point:
    try:
        return profile.point(name)
    except KeyError:
        raise DeviceError(f"{profile.id} has no point {name}") from None


def _reason(error: DeviceError | LinkError, before: str) -> str:
    """The code of a failure; a unit that was not asked keeps the reason it was given before."""
    if isinstance(error, ProbeFailed):
        return "probe"
    if isinstance(error, UnitQuarantined):
        return before
    return next((code for kind, code in _REASONS.items() if isinstance(error, kind)), "fault")
