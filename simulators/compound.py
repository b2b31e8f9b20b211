"""The type of a compound file: buildings, devices, cameras and vehicles that the simulators pretend to be.

The file also carries what an institution model and an edge's site file need, so that both can be written from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from device_profiles.identifiers import Id, ProfileId
from foundation.settings import FrozenModel, read_model
from foundation.texts import LANGUAGES, Language

COUNTY = Path(__file__).parent / "compounds" / "county.yaml"

SUB_ITEMS = ("01A", "01B", "01C", "01D")
"""MOHURD first-level sub-items of electricity: lighting and sockets, air conditioning, power, special."""


def _both_languages(names: dict[Language, str]) -> dict[Language, str]:
    if set(names) != set(LANGUAGES):
        raise ValueError(f"needs exactly the languages {', '.join(LANGUAGES)}")
    return names


Names = Annotated[dict[Language, str], AfterValidator(_both_languages)]
Share = Annotated[float, Field(ge=0, le=1)]


class Institution(FrozenModel):
    """The public institution that uses the compound."""

    id: Id
    name: Names
    kind: str
    level: Literal["national", "province", "city", "county", "town"]
    region: Names
    climate_zone: Literal["severe_cold", "cold", "hot_summer_cold_winter", "hot_summer_warm_winter", "mild"]
    superior: Names


class Geofence(FrozenModel):
    """The circle in which official vehicles move; WGS-84 degrees and metres. Its centre is the compound's gate."""

    id: Id
    name: Names
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    radius_m: float = Field(gt=0)


class Weather(FrozenModel):
    """Recorded temperature is moved to the climate of the compound: `recorded * temperature_scale + offset`."""

    temperature_scale: float = 1.0
    temperature_offset_c: float = 0.0


class Building(FrozenModel):
    """A building that replays `source`, scaled to `mean_kw`; `shares` split it into sub-items.

    `setpoint_gain` is the share of the air-conditioning power added for each degree below `setpoint_c`.
    `relay_share` is the part of lighting that the relay board can switch off.
    """

    id: Id
    name: Names
    use: str
    area_m2: float = Field(gt=0)
    heated_area_m2: float = Field(ge=0)
    floors: int = Field(ge=1)
    built: int = Field(ge=1900, le=2100)
    persons: int = Field(ge=0)
    source: str
    mean_kw: float = Field(gt=0)
    shares: dict[str, Share]
    relay_share: Share = 0.4
    setpoint_c: float = 26.0
    setpoint_gain: float = Field(0.2, ge=0)
    litres_per_person_day: float = Field(45.0, ge=0)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if set(self.shares) != set(SUB_ITEMS):
            raise ValueError(f"building {self.id}: shares need exactly {', '.join(SUB_ITEMS)}")
        if abs(sum(self.shares.values()) - 1) > 1e-9:
            raise ValueError(f"building {self.id}: shares add up to {sum(self.shares.values()):g}, not 1")
        return self


class Bus(FrozenModel):
    """Units behind one Modbus TCP endpoint, one serial server, or one DTU that calls the edge.

    The ports of the first two are given at run time; a DTU calls `calls_port`, says its `registration` (default: the
    bus's id) and from time to time its `heartbeat`.
    """

    id: Id
    building: Id
    link: Literal["modbus_tcp", "serial_over_tcp", "dial_in"] = "modbus_tcp"
    calls_port: int | None = Field(None, ge=1, le=65_535)
    registration: str | None = None
    heartbeat: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        is_calling = self.link == "dial_in"
        if is_calling != (self.calls_port is not None):
            raise ValueError(f"bus {self.id}: calls_port belongs to the link dial_in, and to no other")
        if not is_calling and (self.registration or self.heartbeat):
            raise ValueError(f"bus {self.id}: only a DTU (dial_in) has a registration or a heartbeat")
        return self


class SimulatedDevice(FrozenModel):
    """A device on a bus (`unit`) or on the broker (`address`).

    An electricity meter stands for its whole sub-item, or for the part `share` of it (floors are part of lighting).
    """

    id: Id
    profile: ProfileId
    name: Names
    building: Id | None = None
    sub_item: str | None = None
    bus: Id | None = None
    unit: int | None = Field(None, ge=1, le=247)
    address: str | None = None
    params: dict[str, Decimal] = {}
    share: Share | None = None
    department: str = "energy"

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if (self.bus is None) == (self.address is None) or (self.bus is None) != (self.unit is None):
            raise ValueError(f"device {self.id}: needs bus and unit, or an address")
        return self


class Zone(FrozenModel):
    """A part of a camera's picture; a person in an `alert` zone becomes a review of severity alert."""

    id: Id
    name: Names
    alert: bool = False


class Camera(FrozenModel):
    """A camera of the Frigate box; its id is its Frigate name. `people_per_h` are those seen at full occupancy."""

    id: Id
    profile: ProfileId = "frigate.camera"
    name: Names
    building: Id | None = None
    zones: tuple[Zone, ...] = Field(min_length=1)
    people_per_h: float = Field(0.0, ge=0)
    cars_per_h: float = Field(0.0, ge=0)
    department: str = "safety"

    def zone(self, zone_id: str) -> Zone | None:
        """The zone of that id, or None."""
        return next((zone for zone in self.zones if zone.id == zone_id), None)


class Vehicle(FrozenModel):
    """An official vehicle with a tracker, driving round `loop` (metres east and north of the gate).

    The profile says which tracker; `address` is its unique id at Traccar, or its terminal number in JT/T 808.
    """

    id: Id
    profile: ProfileId = "owntracks.tracker"
    name: Names
    plate: str
    tracker_id: str = Field("T0", min_length=2, max_length=2)
    address: str | None = None
    jt808_form: Literal["2011", "2019"] = "2019"
    loop: tuple[tuple[float, float], ...] = Field(min_length=1)
    cruise_kmh: float = Field(40.0, ge=0, le=120)
    odometer_km: float = Field(0.0, ge=0)
    department: str = "vehicle"

    @model_validator(mode="after")
    def _drivable(self) -> Self:
        if len(self.loop) > 1 and any(corner == after for corner, after in pairwise((*self.loop, self.loop[0]))):
            raise ValueError(f"vehicle {self.id}: loop has the same corner twice in a row")
        if self.profile == "jt808.terminal" and not (self.address or "").isdigit():
            raise ValueError(f"vehicle {self.id}: a JT/T 808 terminal needs its number as address")
        return self

    @property
    def device_address(self) -> str:
        """What the edge knows the tracker by."""
        return self.address or self.id

    @property
    def is_parked(self) -> bool:
        """A loop of one place is a parking place."""
        return len(self.loop) == 1


class Compound(FrozenModel):
    """The whole compound file; references between its parts are checked on loading."""

    schema_: Literal["xietong.compound/1"] = Field(alias="schema")
    group: Id
    node: Id
    name: Names
    institution: Institution
    installed_on: date
    geofence: Geofence
    weather: Weather = Weather()
    buildings: tuple[Building, ...] = Field(min_length=1)
    buses: tuple[Bus, ...]
    devices: tuple[SimulatedDevice, ...]
    cameras: tuple[Camera, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()

    @model_validator(mode="after")
    def _references(self) -> Self:
        _refuse_twice("building", (one.id for one in self.buildings))
        _refuse_twice("bus", (one.id for one in self.buses))
        _refuse_twice("device", self.device_ids)
        _refuse_twice("unit", (f"{one.bus}/{one.unit}" for one in self.devices if one.bus))
        buildings = {one.id for one in self.buildings}
        placed: list[tuple[str, str | None]] = [(bus.id, bus.building) for bus in self.buses]
        placed += [(device.id, device.building) for device in self.devices]
        placed += [(camera.id, camera.building) for camera in self.cameras]
        for owner, building in placed:
            if building is not None and building not in buildings:
                raise ValueError(f"{owner}: unknown building {building}")
        for device in self.devices:
            if device.bus is not None and device.bus not in {bus.id for bus in self.buses}:
                raise ValueError(f"device {device.id}: unknown bus {device.bus}")
        return self

    @property
    def device_ids(self) -> tuple[str, ...]:
        """Ids of all devices, cameras and vehicles; unique, because each becomes a device of the edge."""
        ids = [device.id for device in self.devices]
        ids += [camera.id for camera in self.cameras]
        return (*ids, *(vehicle.id for vehicle in self.vehicles))

    def building(self, building_id: str) -> Building:
        """The building of that id; KeyError when there is none."""
        return {building.id: building for building in self.buildings}[building_id]

    def device(self, device_id: str) -> SimulatedDevice:
        """The device of that id; KeyError when there is none."""
        return {device.id: device for device in self.devices}[device_id]

    def units(self, bus_id: str) -> tuple[SimulatedDevice, ...]:
        """The devices behind one Modbus endpoint."""
        return tuple(device for device in self.devices if device.bus == bus_id)


def load_compound(path: Path | None = None) -> Compound:
    """A checked compound, by default the shipped county; wrong content raises ConfigError with file, key, reason."""
    return read_model(Compound, path or COUNTY)


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{what} {name} is given twice")
