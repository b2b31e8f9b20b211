"""What a new site file changes for those who poll: worked out before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass

from device_profiles.catalogue import Catalogue
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.site import Device, MqttBus, Site
from edge_agent.site_lines import LineBus

ASKED_BY = ("profile", "bus", "unit", "address", "params")
"""What of a device decides how it is asked; names, building and sub-item only change its birth."""


@dataclass(frozen=True, slots=True)
class SiteChange:
    """Ids. A bus or device that is asked in another way is both `closed` and `opened`, `removed` and `added`."""

    closed: frozenset[str]
    opened: frozenset[str]
    removed: frozenset[str]
    added: frozenset[str]
    is_plan_new: bool

    @property
    def is_empty(self) -> bool:
        return not (self.closed or self.opened or self.removed or self.added or self.is_plan_new)


def installed_on(site: Site, catalogue: Catalogue, bus: str) -> list[InstalledDevice]:
    """The devices of one bus with their profiles."""
    return [InstalledDevice(one, catalogue.get(one.profile)) for one in site.devices if one.bus == bus]


def change_between(old: tuple[Site, Catalogue], new: tuple[Site, Catalogue]) -> SiteChange:
    """The least that must be closed and opened. A bus whose devices speak by themselves is opened anew as a whole."""
    (old_site, _), (new_site, _) = old, new
    old_buses = {bus.id: bus for bus in old_site.buses}
    new_buses = {bus.id: bus for bus in new_site.buses}
    before, after = _asked(*old), _asked(*new)
    differing = {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)}
    removed, added = differing & before.keys(), differing & after.keys()
    closed = {bus for bus in old_buses if old_buses[bus] != new_buses.get(bus)}
    for one in differing:
        for bus in (device.bus for device in _of(one, old_site, new_site)):
            if bus in old_buses and not isinstance(old_buses[bus], LineBus):
                closed.add(bus)
    if old_site.poll.max_silence_s != new_site.poll.max_silence_s:
        closed |= {bus.id for bus in old_site.buses if isinstance(bus, MqttBus)}
    opened = {bus for bus in new_buses if bus in closed or bus not in old_buses}
    removed |= {device.id for device in old_site.devices if device.bus in closed}
    added |= {device.id for device in new_site.devices if device.bus in opened}
    is_plan_new = old_site.poll != new_site.poll
    return SiteChange(frozenset(closed), frozenset(opened), frozenset(removed), frozenset(added), is_plan_new)


def _asked(site: Site, catalogue: Catalogue) -> dict[str, object]:
    return {
        device.id: ([getattr(device, name) for name in ASKED_BY], catalogue.get(device.profile))
        for device in site.devices
    }


def _of(device: str, *sites: Site) -> list[Device]:
    return [one for site in sites for one in site.devices if one.id == device]
