"""The type of one profile file: what a device model measures, where, in which unit, and what may be written."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from device_profiles.identifiers import PointName, ProfileId
from device_profiles.quantity import UNITS, Unit, unit_of
from foundation.settings import FrozenModel

Table = Literal["holding", "input", "coil", "discrete"]
ByteOrder = Literal["ABCD", "CDAB", "BADC", "DCBA"]
Poll = Literal["fast", "normal", "slow", "daily", "once"]
Kind = Literal["gauge", "counter", "state", "text"]
Driver = Literal["modbus", "mqtt_json", "frigate", "owntracks"]
Carrier = Literal["electricity", "water", "gas", "heat", "cooling", "none"]

REGISTER_TYPES: dict[str, int] = {
    "bool": 1, "uint16": 1, "int16": 1, "bitfield16": 1, "enum16": 1, "sunssf": 1,
    "uint32": 2, "int32": 2, "float32": 2, "bitfield32": 2,
    "uint64": 4, "int64": 4, "float64": 4,
}  # fmt: skip
"""Register type -> words it takes (a coil counts as one)."""


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


class Deadband(FrozenModel):
    """Smallest change worth sending, in the point's unit (`abs`) or as a share of the last value (`rel`)."""

    abs: Decimal = Field(Decimal(0), ge=0)
    rel: Decimal = Field(Decimal(0), ge=0)


class Counter(FrozenModel):
    """How a register that only grows behaves: raw value at which it wraps, and the most it can grow per hour."""

    wrap: int | None = None
    max_rate_per_h: Decimal | None = None


class Register(FrozenModel):
    """Place and coding of one value in a Modbus device (wire address, 0-based)."""

    table: Table
    address: int = Field(ge=0, le=65_535)
    type: str
    byte_order: ByteOrder | None = None

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value not in REGISTER_TYPES and not _is_sized_type(value):
            raise ValueError(f"unknown register type; known: {', '.join(REGISTER_TYPES)}, string(n), bcd(n)")
        return value

    @model_validator(mode="after")
    def _bits_are_bool(self) -> Self:
        if (self.table in ("coil", "discrete")) != (self.type == "bool"):
            raise ValueError("coils and discrete inputs are type bool, registers are not")
        return self

    @property
    def words(self) -> int:
        """Registers (or coils) this value takes."""
        if self.type in REGISTER_TYPES:
            return REGISTER_TYPES[self.type]
        return int(self.type[self.type.index("(") + 1 : -1])


def _is_sized_type(text: str) -> bool:
    name, _, size = text.partition("(")
    return name in ("string", "bcd") and size.endswith(")") and size[:-1].isdigit() and int(size[:-1]) > 0


class Point(FrozenModel):
    """One field value of a device: a register for Modbus models, a message field for MQTT models.

    Value in `unit` = ((raw & mask) + fraction) * scale + offset, then times the installed `ratio` parameters;
    a raw value among `sentinel` means that there is none. `range` is what can be true, in `unit`, after all that.
    """

    name: PointName
    table: Table | None = None
    address: int | None = None
    type: str | None = None
    byte_order: ByteOrder | None = None
    field: str | None = None
    mask: int | None = Field(None, ge=1)
    scale: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    ratio: tuple[str, ...] = ()
    fraction: Register | None = None
    unit: str = "1"
    kind: Kind = "gauge"
    poll: Poll = "normal"
    range: tuple[Decimal, Decimal] | None = None
    deadband: Deadband = Deadband()
    sentinel: tuple[int, ...] = ()
    counter: Counter = Counter()
    bits: dict[int, str] = {}
    labels: dict[int, str] = {}

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, value: str) -> str:
        unit_of(value)
        return value

    @model_validator(mode="after")
    def _place(self) -> Self:
        given = [self.table, self.address, self.type]
        if None in given and any(part is not None for part in given):
            raise ValueError(f"{self.name}: table, address and type belong together")
        try:
            _ = self.register_place
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "table"
            raise ValueError(f"{self.name}: {where}: {first['msg'].removeprefix('Value error, ')}") from None
        return self

    @cached_property
    def register_place(self) -> Register | None:
        """Where the value lies in a Modbus device; None for MQTT models."""
        if self.table is None or self.address is None or self.type is None:
            return None
        return Register(table=self.table, address=self.address, type=self.type, byte_order=self.byte_order)

    @property
    def display_unit(self) -> Unit:
        """The unit people see; the edge sends `display_unit.base`."""
        return UNITS[self.unit]

    @property
    def datatype(self) -> Literal["int", "float", "bool", "text"]:
        """How the value travels and is stored: counters and states whole, gauges as floats, coils as booleans."""
        if self.kind == "text":
            return "text"
        if self.type == "bool":
            return "bool"
        return "float" if self.kind == "gauge" else "int"


class Verify(FrozenModel):
    """Read-back after a write: how long to wait, and how far the value may differ, in the point's unit."""

    after_ms: int = Field(500, ge=0, le=60_000)
    tol: Decimal = Field(Decimal(0), ge=0)


class WritablePoint(Point):
    """A point that may be written, with the limits that the edge enforces whatever the cloud says."""

    write: Literal["fc5", "fc6", "fc16"]
    limits: tuple[Decimal, Decimal]
    step: Decimal | None = Field(None, gt=0)
    max_change: Decimal | None = Field(None, gt=0)
    max_writes_per_h: int = Field(60, ge=1)
    min_interval_s: float = Field(0, ge=0)
    verify: Verify = Verify()
    safe_value: Decimal
    permit: tuple[str, ...] = ("energy_officer", "auto_adjust")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        low, high = self.limits
        if not low <= self.safe_value <= high:
            raise ValueError(f"safe_value {self.safe_value} is outside limits {low}..{high}")
        if self.register_place is None:
            raise ValueError("a writable point needs table, address and type")
        if (self.write == "fc5") != (self.table == "coil"):
            raise ValueError("fc5 writes coils, fc6 and fc16 write holding registers")
        return self


class Probe(FrozenModel):
    """A reading that must fall in `range` before the device is believed to be this model."""

    read: Register
    scale: Decimal = Decimal(1)
    range: tuple[Decimal, Decimal]


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
    role: Literal["meter", "actuator", "sensor", "camera", "vehicle"]
    driver: Driver = "modbus"
    provenance: tuple[Provenance, ...] = Field(min_length=1)
    link: ModbusLink = ModbusLink()
    topic: str | None = None
    params: dict[str, Param] = {}
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
        return self

    def _check_point(self, point: Point) -> None:
        missing = [name for name in point.ratio if name not in self.params]
        if missing:
            raise ValueError(f"{point.name}: ratio {missing[0]} is not among params")
        if self.driver == "modbus" and point.register_place is None:
            raise ValueError(f"{point.name}: a Modbus point needs table, address and type")
        if self.driver != "modbus" and point.field is None:
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
