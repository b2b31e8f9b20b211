"""Runs all buses of a site: asks every device when it is due, lets commands pass ahead, changes devices in service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Point, Profile
from edge_agent.acquisition.poll_schedule import PollSchedule, common_start, poll_periods
from edge_agent.acquisition.polled import PolledDevice
from edge_agent.acquisition.site_change import SiteChange, installed_on
from edge_agent.drivers.buses import OpenBus, Surroundings, open_bus
from edge_agent.drivers.driver import DeviceDriver, HealthSource, InstalledDevice, Intake, Urgency
from edge_agent.drivers.lines import DialFactory, dial_line
from edge_agent.site import Site
from foundation.clock import Clock
from foundation.errors import DeviceError
from foundation.rng import Rng
from gateway.messages import Value


class Poller:
    """The buses of a site in service. Also the PointWriter: writes and read-backs go ahead of polling."""

    def __init__(
        self,
        site: Site,
        catalogue: Catalogue,
        intake: Intake,
        clock: Clock,
        rng: Rng,
        *,
        dial_factory: DialFactory = dial_line,
        health: HealthSource | None = None,
    ) -> None:
        self._plan, self._intake, self._clock = site.poll, intake, clock
        self._around = Surroundings(site.node, intake, clock, rng, dial_factory, site.poll.max_silence_s, health=health)
        self._buses: dict[str, OpenBus] = {}
        self._polled: dict[str, PolledDevice] = {}
        self._sources: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._missed_before = 0
        for bus in site.buses:
            self._open(site, catalogue, bus.id)

    @property
    def counters(self) -> dict[str, Mapping[str, int]]:
        """What happened on each bus since it was opened, by bus id."""
        return {bus: opened.counters() for bus, opened in self._buses.items()}

    @property
    def missed(self) -> int:
        """Polls that were left out because the one before still went on."""
        return self._missed_before + sum(one.missed for one in self._polled.values())

    async def run(self) -> None:
        """Serve all buses until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._group:
                for bus in self._buses:
                    self._start_bus(bus)
                # A site without devices waits too.
                self._group.create_task(asyncio.Event().wait())
        finally:
            self._group = None
            for opened in self._buses.values():
                await opened.close()

    async def check(self) -> None:
        """Give up what the constructor opened, without ever having asked: the site can be served."""
        for opened in self._buses.values():
            await opened.close()

    async def replace(
        self, site: Site, catalogue: Catalogue, change: SiteChange, *, between: Callable[[], None] = lambda: None
    ) -> None:
        """Serve `site` from now on. What `change` does not name keeps its connection, its state and its times.

        `between` is called when nobody asks the old devices any more, and nobody the new ones yet. The new site must
        have passed `check` of a Poller of its own.
        """
        self._plan = site.poll
        self._around = replace(self._around, max_silence_s=site.poll.max_silence_s)
        await asyncio.gather(*(self._remove(device) for device in change.removed if device in self._polled))
        for bus in change.closed:
            await self._close(bus)
        between()
        for bus in change.opened:
            self._open(site, catalogue, bus)
            self._start_bus(bus)
        self._install(site, catalogue, change)
        if change.is_plan_new:
            await self._reschedule(leaving=change.added)

    async def write(self, device: str, point: str, value: float, *, until_s: float | None = None) -> None:
        """As PointWriter.write."""
        polled = self._known(device)
        await polled.driver.write(_point(polled.profile, point), value, until_s=until_s)

    async def read_back(self, device: str, point: str) -> Value:
        """As PointWriter.read_back; the reading is handed to the intake as well."""
        polled = self._known(device)
        readings = await polled.driver.read([_point(polled.profile, point)], Urgency.COMMAND)
        if not readings:
            raise DeviceError(f"{device}: {point} was not read")
        if polled.is_found:
            self._intake.readings(device, readings)
        return readings[0].value

    def _known(self, device: str) -> PolledDevice:
        try:
            return self._polled[device]
        except KeyError:
            raise DeviceError(f"{device} is no device that can be asked") from None

    def _open(self, site: Site, catalogue: Catalogue, bus_id: str) -> None:
        bus = next(bus for bus in site.buses if bus.id == bus_id)
        devices = installed_on(site, catalogue, bus_id)
        opened = self._buses[bus_id] = open_bus(bus, devices, self._around)
        for one in devices:
            if one.id in opened.drivers:
                self._polled[one.id] = PolledDevice(one, opened.drivers[one.id], self._intake, self._clock)

    def _start_bus(self, bus: str) -> None:
        if self._group is None:
            return
        source = self._buses[bus].source
        if source is not None:
            self._sources[bus] = self._group.create_task(source.run())
        self._start([one for one in self._polled.values() if one.installed.device.bus == bus])

    def _start(self, devices: Sequence[PolledDevice]) -> None:
        if self._group is None:
            return
        now_s, periods = self._clock.monotonic(), poll_periods(self._plan)
        for index, one in enumerate(devices):
            # Spread over one fast period, so that a full line is never asked all at once.
            start_s = common_start(now_s + index / len(devices) * self._plan.fast_s, self._plan.fast_s)
            one.start(self._group, PollSchedule({point.poll for point in one.profile.all_points}, periods, start_s))

    async def _close(self, bus: str) -> None:
        source = self._sources.pop(bus, None)
        if source is not None:
            source.cancel()
            await asyncio.wait([source])
        await self._buses.pop(bus).close()

    async def _remove(self, device: str) -> None:
        polled = self._polled.pop(device)
        await polled.leave()
        self._missed_before += polled.missed
        remove = self._buses[polled.installed.device.bus].remove
        if remove is not None:
            remove(polled.installed)

    def _install(self, site: Site, catalogue: Catalogue, change: SiteChange) -> None:
        """Put new devices on lines that stay."""
        for bus in self._buses.keys() - change.opened:
            install = self._buses[bus].install
            new = [one for one in installed_on(site, catalogue, bus) if one.id in change.added]
            if install is not None:
                self._start([self._installed(one, install(one)) for one in new])

    def _installed(self, one: InstalledDevice, driver: DeviceDriver) -> PolledDevice:
        polled = self._polled[one.id] = PolledDevice(one, driver, self._intake, self._clock)
        return polled

    async def _reschedule(self, *, leaving: frozenset[str]) -> None:
        """Everybody who stays is asked by the new times; who was just added already is."""
        for bus in self._buses:
            stay = [one for one in self._polled.values() if one.installed.device.bus == bus and one.id not in leaving]
            await asyncio.gather(*(one.leave() for one in stay))
            self._start(stay)


def _point(profile: Profile, name: str) -> Point:
    try:
        return profile.point(name)
    except KeyError:
        raise DeviceError(f"{profile.id} has no point {name}") from None
