"""The type of one profile file: what a device model measures, where, in which unit, and what may be written."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.data_field import DataField
from device_profiles.identifiers import PointName, ProfileId
from device_profiles.point import Counter, Deadband, Kind, Point, Poll, Verify, WritablePoint
from device_profiles.register import REGISTER_TYPES, ByteOrder, Register, SunspecPlace, Table
from foundation.settings import FrozenModel

__all__ = [
    "DATA_DRIVERS",
    "REGISTER_TYPES",
    "ByteOrder",
    "Carrier",
    "Counter",
    "Deadband",
    "Driver",
    "Gate",
    "Kind",
    "ModbusLink",
    "Param",
    "Point",
    "Poll",
    "Probe",
    "Profile",
    "Provenance",
    "Register",
    "Serial",
    "Submeter",
    "SumCheck",
    "SunspecDevice",
    "SunspecPlace",
    "Table",
    "Verify",
    "WritablePoint",
]

Driver = Literal[
    "modbus", "dlt645", "cjt188", "mqtt_json", "frigate", "owntracks", "traccar", "jt808", "onvif", "gateway",
]  # fmt: skip
"""The language a device speaks; the bus it hangs on must be able to carry it."""

DATA_DRIVERS = ("dlt645", "cjt188")
"""Languages of meters whose values stand under data identifiers; these meters are only read."""

Carrier = Literal["electricity", "water", "gas", "heat", "cooling", "none"]


class Provenance(FrozenModel):
    """Where a map comes from; confidence A = vendor document checked on a device, B = two sources, C = one."""

    source: str
    checked: Literal["manual", "secondary", "device"]
    confidence: Literal["A", "B", "C"]


class Serial(FrozenModel):
    baud: int = 9600
    format: str = Field("8N1", pattern=r"^[78][NEO][12]$")


class ModbusLink(FrozenModel):
    """How this model wants to be asked over Modbus; no block may reach over an address listed in `no_cross`.

    `no_cross: {holding: [100]}` means that 99 and 100 are never read in one request.
    """

    address_base: Literal[0] = 0
    byte_order: ByteOrder = "ABCD"
    max_words: int = Field(120, ge=1, le=125)
    max_gap: int = Field(0, ge=0)
    gap_ok: bool = False
    no_cross: dict[Table, tuple[int, ...]] = {}
    inter_request_ms: int = Field(0, ge=0)
    timeout_ms: int = Field(600, ge=50, le=10_000)
    retries: int = Field(1, ge=0, le=5)
    serial: Serial = Serial()


class Param(FrozenModel):
    """A number set per installed device, such as a current transformer ratio."""

    default: Decimal = Decimal(1)
    min: Decimal = Decimal(0)
    max: Decimal = Decimal(100_000)


class Probe(FrozenModel):
    """A reading, by register or data field, that must lie in `range` before the device is believed to be this model."""

    read: Register | None = None
    data: DataField | None = None
    scale: Decimal = Decimal(1)
    unit: str = "1"
    range: tuple[Decimal, Decimal]

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.read is None) == (self.data is None):
            raise ValueError("needs either read (a register) or data (a data field)")
        return self

    def as_point(self, name: str) -> Point:
        """The probe as a point, so that the device's own driver reads it."""
        if self.read is None:
            return Point(name=name, data=self.data, scale=self.scale, unit=self.unit, range=self.range)
        return Point(name=name, **self.read.model_dump(), scale=self.scale, unit=self.unit, range=self.range)


class SunspecDevice(FrozenModel):
    """A device that lists its own models: where its marker may lie, and the models of which it must have one."""

    bases: tuple[int, ...] = Field((40_000, 0, 50_000), min_length=1)
    models: tuple[int, ...] = Field(min_length=1)


class SumCheck(FrozenModel):
    """Plausibility: the points of `sum` add up to `equals` within `tol_rel`."""

    sum: tuple[PointName, ...]
    equals: PointName
    tol_rel: Decimal = Decimal("0.05")


class Gate(FrozenModel):
    """Readings of `points` are BAD while `when` lies outside `range` (a flow meter without signal reports 0)."""

    when: PointName
    range: tuple[Decimal, Decimal]
    points: tuple[PointName, ...]


class Submeter(FrozenModel):
    default: str | None = None
    allowed: tuple[str, ...] = ()


class Profile(FrozenModel):
    """One device model. Cross-references between its parts are checked on loading."""

    schema_: Literal["xietong.device-profile/1"] = Field(alias="schema")
    id: ProfileId
    vendor: str
    models: tuple[str, ...]
    carrier: Carrier
    role: Literal["meter", "actuator", "sensor", "camera", "vehicle", "gateway"]
    driver: Driver = "modbus"
    provenance: tuple[Provenance, ...] = Field(min_length=1)
    link: ModbusLink = ModbusLink()
    topic: str | None = None
    datum: Literal["wgs84", "gcj02"] = "wgs84"
    params: dict[str, Param] = {}
    sunspec: SunspecDevice | None = None
    probe: tuple[Probe, ...] = ()
    points: tuple[Point, ...] = ()
    writable: tuple[WritablePoint, ...] = ()
    events: tuple[str, ...] = ()
    checks: tuple[SumCheck, ...] = ()
    gates: tuple[Gate, ...] = ()
    submeter: Submeter = Submeter()

    @model_validator(mode="after")
    def _references(self) -> Self:
        names = [point.name for point in self.all_points]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"point {twice[0]} is given twice")
        for point in self.all_points:
            self._check_point(point)
        known = set(names)
        for check in self.checks:
            _require_known({*check.sum, check.equals}, known, "checks")
        for gate in self.gates:
            _require_known({gate.when, *gate.points}, known, "gates")
        for point in self.writable:
            _require_known({one.needs for one in point.interlocks}, known, f"{point.name}: interlocks")
        return self

    def _check_point(self, point: Point) -> None:
        missing = [name for name in point.ratio if name not in self.params]
        if missing:
            raise ValueError(f"{point.name}: ratio {missing[0]} is not among params")
        if point.sunspec is not None and (self.driver != "modbus" or self.sunspec is None):
            raise ValueError(f"{point.name}: a SunSpec point needs a Modbus profile with the key sunspec")
        if self.driver == "modbus" and point.register_place is None and point.sunspec is None:
            raise ValueError(f"{point.name}: a Modbus point needs table, address and type")
        if self.driver in DATA_DRIVERS:
            if isinstance(point, WritablePoint):
                raise ValueError(f"{point.name}: {self.driver} meters are only read, nothing in them is writable")
            if point.data is None or point.table is not None:
                raise ValueError(f"{point.name}: a {self.driver} point needs data (id, bytes), no register")
        elif point.data is not None:
            raise ValueError(f"{point.name}: data belong to a profile of {' or '.join(DATA_DRIVERS)}")
        elif self.driver != "modbus" and point.field is None:
            raise ValueError(f"{point.name}: an MQTT point needs a field")

    @property
    def all_points(self) -> tuple[Point, ...]:
        """Readable points, writable ones included."""
        return (*self.points, *self.writable)

    def point(self, name: str) -> Point:
        """The point of that name; KeyError when the model has none."""
        for point in self.all_points:
            if point.name == name:
                return point
        raise KeyError(name)

    def writable_point(self, name: str) -> WritablePoint | None:
        """The writable point of that name, or None."""
        return next((point for point in self.writable if point.name == name), None)


def _require_known(used: set[str], known: set[str], where: str) -> None:
    unknown = sorted(used - known)
    if unknown:
        raise ValueError(f"{where}: unknown point {unknown[0]}")
