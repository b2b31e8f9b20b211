"""Where things are and what they are called: the institution model and the births, read together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from cloud.core.access import Principal
from cloud.core.calendar import local_day
from cloud.core.institution import Dated, Device, InstitutionModel, Names
from cloud.core.ports import RegisteredDevice
from cloud.desks.door import DoorServices
from cloud.desks.series_sight import may_see_readings
from foundation.texts import LANGUAGES

WHOLE_BUILDING = "01"
WATER = "02"
SUB_ITEMS = ("01A", "01B", "01C", "01D")
POWER = "Power/Active/Total"
ENERGY_POINTS = ("Energy/Active/Total", "Energy/Active/Import")
VOLUME = "Volume/Positive"
REPLAY = "replay"

Entry = TypeVar("Entry", bound=Dated)


def plain(identifier: str) -> Names:
    """The id itself as a name, for what nobody has named."""
    return dict.fromkeys(LANGUAGES, identifier)


@dataclass(frozen=True, slots=True)
class PlacedDevice:
    """A registered device with its name and place; `building_id` and `sub_item` are None where nobody said."""

    registered: RegisteredDevice
    name: Names
    building_id: str | None
    sub_item: str | None

    @property
    def id(self) -> str:
        return self.registered.device

    @property
    def group(self) -> str:
        return self.registered.group

    @property
    def profile(self) -> str:
        return self.registered.properties.get("profile", "")

    @property
    def is_replayed(self) -> bool:
        """Whether its loads replay a real building instead of being measured here."""
        return self.registered.properties.get("source") == REPLAY

    def has_point(self, point: str) -> bool:
        return any(known.name == point for known in self.registered.points)

    @property
    def energy_point(self) -> str | None:
        """The counter whose growth is this meter's energy."""
        return next((point for point in ENERGY_POINTS if self.has_point(point)), None)


@dataclass(frozen=True, slots=True)
class Places:
    """Everything in a principal's scope, by id. Devices come in the order of their ids."""

    institutions: tuple[Names, ...]
    buildings: dict[str, Names]
    devices: tuple[PlacedDevice, ...]

    def device(self, group: str, device: str) -> PlacedDevice | None:
        return next((one for one in self.devices if one.group == group and one.id == device), None)

    def only(self, device: str, group: str | None) -> PlacedDevice | None:
        """The device of that id; None when there is none, or when two compounds have it and none is named."""
        found = [one for one in self.devices if one.id == device and group in (None, one.group)]
        return found[0] if len(found) == 1 else None

    def device_name(self, group: str, device: str) -> Names:
        placed = self.device(group, device)
        return placed.name if placed else plain(device)

    def building_name(self, building_id: str) -> Names:
        return self.buildings.get(building_id) or plain(building_id)

    def groups(self) -> tuple[str, ...]:
        return tuple(sorted({device.group for device in self.devices}))

    def mains(self) -> tuple[PlacedDevice, ...]:
        """Main electricity meters, one per building, in the order of buildings."""
        mains = {
            device.building_id: device
            for device in reversed(self.devices)
            if device.sub_item == WHOLE_BUILDING and device.building_id and device.has_point(POWER)
        }
        return tuple(mains[building] for building in sorted(mains))


def read_places(services: DoorServices, principal: Principal) -> Places:
    """The scope of a principal as of now; valid entries of the institution model win over what the birth says."""
    today = local_day(services.clock.now_ms())
    models = [model for one in sorted(principal.institution_ids) if (model := services.institutions.model(one))]
    entered = {(device.compound_id, device.device_id): device for device in _valid(_devices(models), today)}
    buildings = {building.building_id: building.name for model in models for building in _valid(model.buildings, today)}
    registered = services.registry.devices(principal.institution_ids)
    placed = (_place(_shown(services, principal, one), entered.get((one.group, one.device))) for one in registered)
    return Places(
        institutions=tuple(model.institution.name for model in models),
        buildings=buildings,
        devices=tuple(sorted(placed, key=lambda device: (device.group, device.id))),
    )


def _devices(models: Iterable[InstitutionModel]) -> list[Device]:
    return [device for model in models for device in model.devices]


def _valid(things: Iterable[Entry], today: date) -> list[Entry]:
    return [thing for thing in things if thing.is_valid_on(today)]


def _shown(services: DoorServices, principal: Principal, device: RegisteredDevice) -> RegisteredDevice:
    """The device without its points, and so without values and curves, where these are not for the principal."""
    return device if may_see_readings(services, principal, device) else replace(device, points=())


def _place(registered: RegisteredDevice, entered: Device | None) -> PlacedDevice:
    said = registered.properties
    return PlacedDevice(
        registered=registered,
        name=entered.name if entered else _said_name(registered),
        building_id=(entered.building_id if entered else None) or said.get("building") or None,
        sub_item=(entered.sub_item if entered else None) or said.get("sub_item") or None,
    )


def _said_name(registered: RegisteredDevice) -> Names:
    said = registered.properties
    return {language: said.get(f"name_{language}") or registered.device for language in LANGUAGES}
