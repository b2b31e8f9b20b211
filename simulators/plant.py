"""The whole compound as one physical system: buildings, weather, and a model for every Modbus device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Profile
from foundation.errors import ConfigError
from simulators.building import AIR_CONDITIONING, LIGHTING, BuildingPlant
from simulators.compound import Compound, SimulatedDevice
from simulators.devices import AirConditioner, DeviceModel, ElectricMeter, RelayBoard, WaterMeter
from simulators.leak import Flow, Leak, Leaks, kept_leaks
from simulators.loads import Load, LoadState, PartLoad, SumLoad
from simulators.plausible import PlausibleDevice
from simulators.replay import Replay, Source, load_source

SITE_LEAK_L_H = 8.0
"""Water that runs on the compound outside its buildings."""


class Plant:
    """Buildings, weather and device models of a compound, all undisturbed at `started_ms`."""

    def __init__(
        self,
        compound: Compound,
        catalogue: Catalogue,
        started_ms: int,
        source: Source | None = None,
        leaks: Leaks = (),
    ) -> None:
        """Raises ConfigError for an unknown profile, source column or sub-item."""
        self.compound, self._catalogue, self._started_ms = compound, catalogue, started_ms
        self._replay = Replay(source or load_source(), compound.installed_on)
        weather = compound.weather
        self.temperature = self._replay.column("temp_c", weather.temperature_scale, weather.temperature_offset_c)
        self.humidity = self._replay.column("rh_pct")
        self.irradiance = self._replay.column("ghi_wm2")
        self._buildings = {
            building.id: BuildingPlant(
                building,
                self._replay,
                started_ms,
                len(self._installed(building.id, AirConditioner)),
                len(self._installed(building.id, RelayBoard)),
            )
            for building in compound.buildings
        }
        given = {leak.building: replace(leak) for leak in leaks}
        self._leaks = {one.id: given.get(one.id) or Leak(one.id, 0.0, started_ms) for one in compound.buildings}
        self._models = {device.id: self._model(device, place) for place, device in enumerate(compound.devices)}

    def profile(self, device: SimulatedDevice) -> Profile:
        """The profile of a device; an unknown one raises ConfigError."""
        try:
            return self._catalogue.get(device.profile)
        except KeyError:
            raise _wrong(device, "profile", f"unknown profile {device.profile!r}") from None

    def model(self, device_id: str) -> DeviceModel:
        """The model of a device; KeyError when there is none."""
        return self._models[device_id]

    def building(self, building_id: str) -> BuildingPlant:
        """The physics of one building; KeyError when there is none."""
        return self._buildings[building_id]

    def occupancy(self, building_id: str | None, at_ms: int) -> float:
        """How busy a building is, or the busiest one where none is named."""
        chosen = self._buildings.values() if building_id is None else [self._buildings[building_id]]
        return max(building.occupancy(at_ms) for building in chosen)

    def load(self, device: SimulatedDevice) -> Load:
        """What an electricity meter measures: a building, a sub-item, its share of one, or the whole compound."""
        if device.building is None:
            return SumLoad([building.whole for building in self._buildings.values()])
        whole = self._buildings[device.building].load(device.sub_item)
        if whole is None:
            raise _wrong(device, "sub_item", f"{device.sub_item!r} is not electricity")
        return whole if device.share is None else PartLoad(whole, device.share)

    def water(self, device: SimulatedDevice) -> Flow:
        """The flow (L/h) through a water meter: a building's, or that of the whole compound."""
        if device.building is not None:
            return Flow(self._buildings[device.building].water, [self._leaks[device.building]])
        flows = [building.flow for building in self._buildings.values()]
        track = self._replay.track(lambda days: np.asarray(sum(flow(days) for flow in flows) + SITE_LEAK_L_H))
        return Flow(track, list(self._leaks.values()))

    @property
    def leaks(self) -> list[Leak]:
        """What leaks, and since when."""
        return [leak for leak in self._leaks.values() if leak.litres_per_h]

    def state(self, at_ms: int) -> dict[str, Any]:
        """What must outlive a restart, as JSON values."""
        return {
            "loads": {
                name: asdict(load.state(at_ms))
                for building in self._buildings.values()
                for name, load in building.named_loads()
            },
            "devices": {name: model.state() for name, model in self._models.items()},
            "leaks": [asdict(leak) for leak in self._leaks.values()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of an earlier run; what the compound no longer has is left out."""
        for name, points in state["devices"].items():
            for point, value in points.items():
                if name in self._models:
                    self._models[name].write(point, value, self._started_ms)
        for building in self._buildings.values():
            for name, load in building.named_loads():
                kept = state["loads"].get(name)
                if kept is not None:
                    lags = tuple((float(value), float(target)) for value, target in kept["lags"])
                    load.restore(LoadState(int(kept["at_ms"]), float(kept["deviation_wh"]), lags))
        self._restore_leaks(state)

    def _restore_leaks(self, state: Mapping[str, Any]) -> None:
        """Leaks of the earlier run go on as they were; one that it did not have begins now, so no register jumps."""
        kept = {leak.building: leak for leak in kept_leaks(state) if leak.litres_per_h}
        for building, leak in self._leaks.items():
            earlier = kept.get(building) or Leak(building, leak.litres_per_h, self._started_ms)
            leak.litres_per_h, leak.since_ms = earlier.litres_per_h, earlier.since_ms

    def _installed(self, building_id: str, kind: type[DeviceModel]) -> list[str]:
        """Ids of the devices of one kind in a building, in the order of the file."""
        mine = [device for device in self.compound.devices if device.building == building_id]
        return [device.id for device in mine if _kind(self.profile(device)) is kind]

    def _model(self, device: SimulatedDevice, place: int) -> DeviceModel:
        kind = _kind(self.profile(device))
        if kind is ElectricMeter:
            return ElectricMeter(self.load(device), place)
        if kind is WaterMeter:
            return WaterMeter(self.water(device))
        if kind is PlausibleDevice or device.building is None:
            return PlausibleDevice(self.profile(device), self._started_ms)
        return self._actuator(device, kind, self._buildings[device.building])

    def _actuator(self, device: SimulatedDevice, kind: type[DeviceModel], plant: BuildingPlant) -> DeviceModel:
        building = plant.building
        index = self._installed(building.id, kind).index(device.id)
        if kind is AirConditioner:
            control = partial(plant.sub_items[AIR_CONDITIONING].control, index)
            return AirConditioner(building.setpoint_c, building.setpoint_gain, control, self._started_ms)
        relays = [point.name for point in self.profile(device).writable]
        return RelayBoard(relays, building.relay_share, partial(plant.sub_items[LIGHTING].control, index))


def _kind(profile: Profile) -> type[DeviceModel]:
    """The model that plays a profile, judged by what it measures and what can be written."""
    writable = {point.name for point in profile.writable}
    if "Setpoint/Temperature" in writable:
        return AirConditioner
    if any(name.startswith("Relay/") for name in writable):
        return RelayBoard
    if profile.role == "meter" and profile.carrier in ("electricity", "water"):
        return ElectricMeter if profile.carrier == "electricity" else WaterMeter
    return PlausibleDevice


def _wrong(device: SimulatedDevice, key: str, reason: str) -> ConfigError:
    return ConfigError("compound", f"devices.{device.id}.{key}", reason)
