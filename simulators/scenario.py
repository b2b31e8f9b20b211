"""The type of a scenario file: causes and faults at their times, with what a watchful system should notice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from device_profiles.identifiers import Id, PointName
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, read_model
from simulators.compound import Compound, Names
from simulators.modbus_device import FaultKind

FOLDER = Path(__file__).parent / "scenarios"


class Step(FrozenModel):
    """Something that happens `at_s` seconds after the start, and again every `every_s`; `expect` names event kinds."""

    at_s: float = Field(ge=0)
    every_s: float | None = Field(None, gt=0)
    expect: tuple[str, ...] = ()


class LastingStep(Step):
    """A step that ends after `for_s` seconds."""

    for_s: float = Field(gt=0)

    @model_validator(mode="after")
    def _ends_before_the_next(self) -> Self:
        if self.every_s is not None and self.every_s <= self.for_s:
            raise ValueError(f"every_s {self.every_s:g} must be longer than for_s {self.for_s:g}")
        return self


class SetPoint(Step):
    """Somebody sets a point at the panels of some devices (base units)."""

    cause: Literal["set_point"]
    devices: tuple[Id, ...] = Field(min_length=1)
    point: PointName
    value: float


class DeviceFault(LastingStep):
    """A unit on a bus misbehaves; `amount` and `points` as in modbus_device.Fault."""

    cause: Literal["fault"]
    device: Id
    fault: FaultKind
    amount: float = 0.0
    points: tuple[PointName, ...] = ()


class SeenObject(LastingStep):
    """A person or car stands in a camera's zone."""

    cause: Literal["seen"]
    camera: Id
    zone: Id
    label: Literal["person", "car"] = "person"


class CameraOffline(LastingStep):
    """A camera gives no picture."""

    cause: Literal["camera_offline"]
    camera: Id


class LeaveArea(LastingStep):
    """A vehicle drives out of the permitted area and comes back afterwards."""

    cause: Literal["leave_area"]
    vehicle: Id


class Speeding(LastingStep):
    """A vehicle drives too fast."""

    cause: Literal["speeding"]
    vehicle: Id
    speed_kmh: float = Field(gt=0, le=200)


AnyStep = Annotated[
    SetPoint | DeviceFault | SeenObject | CameraOffline | LeaveArea | Speeding, Field(discriminator="cause")
]


class WaterLeak(FrozenModel):
    """Water that has been running in a building for so many whole nights when the simulators first start."""

    building: Id
    litres_per_h: float = Field(gt=0)
    nights: int = Field(ge=1, le=60)
    expect: tuple[str, ...] = ()


class Scenario(FrozenModel):
    """A whole scenario file. With `start_on: file` its clock starts when the file given at run time appears.

    `leaks` do not wait for it: they stand in the history that a data logger wrote, too.
    """

    schema_: Literal["xietong.scenario/1"] = Field(alias="schema")
    name: Names
    start_on: Literal["now", "file"] = "now"
    steps: tuple[AnyStep, ...] = ()
    leaks: tuple[WaterLeak, ...] = ()


def load_scenario(name_or_path: str | Path, compound: Compound) -> Scenario:
    """A shipped scenario by name, or a file; a wrong key or a name that the compound lacks raises ConfigError."""
    path = Path(name_or_path)
    if path.suffix != ".yaml":
        shipped = FOLDER / f"{path.name}.yaml"
        if not shipped.is_file():
            known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.yaml")))
            raise ConfigError(path, "scenario", f"neither a .yaml file nor one of {known}")
        path = shipped
    scenario = read_model(Scenario, path)
    for place, step in enumerate(scenario.steps):
        for key, wanted, known_ids in _references(step, compound):
            if wanted not in known_ids:
                raise ConfigError(path, f"steps.{place}.{key}", f"the compound has no {wanted!r}")
    _check_leaks(scenario, compound, path)
    return scenario


def _check_leaks(scenario: Scenario, compound: Compound, path: Path) -> None:
    buildings = [leak.building for leak in scenario.leaks]
    for place, building in enumerate(buildings):
        if building not in {one.id for one in compound.buildings}:
            raise ConfigError(path, f"leaks.{place}.building", f"the compound has no {building!r}")
        if building in buildings[:place]:
            raise ConfigError(path, f"leaks.{place}.building", f"{building} leaks twice")


def _references(step: Any, compound: Compound) -> list[tuple[str, str, set[str]]]:
    """(key, id used, ids the compound has) for everything a step refers to."""
    units = {device.id for device in compound.devices if device.bus is not None}
    cameras = {camera.id: {zone.id for zone in camera.zones} for camera in compound.cameras}
    vehicles = {vehicle.id for vehicle in compound.vehicles}
    if isinstance(step, SetPoint):
        return [("devices", device, units) for device in step.devices]
    if isinstance(step, DeviceFault):
        return [("device", step.device, units)]
    if isinstance(step, SeenObject):
        return [("camera", step.camera, set(cameras)), ("zone", step.zone, cameras.get(step.camera, set()))]
    if isinstance(step, CameraOffline):
        return [("camera", step.camera, set(cameras))]
    return [("vehicle", step.vehicle, vehicles)]
