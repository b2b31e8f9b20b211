"""One value of a device as its profile describes it: where it lies, what it means, how it may be written."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from device_profiles.data_field import DataField
from device_profiles.identifiers import PointName
from device_profiles.interlock import Interlock
from device_profiles.quantity import UNITS, Unit, unit_of
from device_profiles.register import ByteOrder, Register, SunspecPlace, Table
from foundation.settings import FrozenModel

Poll = Literal["fast", "normal", "slow", "daily", "once"]
Kind = Literal["gauge", "counter", "state", "text"]


class Deadband(FrozenModel):
    """Smallest change worth sending, in the point's unit (`abs`) or as a share of the last value (`rel`)."""

    abs: Decimal = Field(Decimal(0), ge=0)
    rel: Decimal = Field(Decimal(0), ge=0)


class Counter(FrozenModel):
    """How a register that only grows behaves: raw value at which it wraps, and the most it can grow per hour."""

    wrap: int | None = None
    max_rate_per_h: Decimal | None = None


class Point(FrozenModel):
    """One field value of a device: a register (Modbus), a data field (DL/T 645, CJ/T 188) or a message field (MQTT).

    Value in `unit` = ((raw & mask) + fraction) * 10^sf * scale + offset, then times the installed `ratio` parameters;
    a raw value among `sentinel` means that there is none. `range` is what can be true, in `unit`, after all that.
    sf is what the sunssf register at `scale_ref` holds (same table; in a SunSpec model an offset like the point's own).
    `pf_4q`: a power factor whose raw value beyond +-1 tells the quadrant (+-2 - raw is the factor).
    """

    name: PointName
    table: Table | None = None
    address: int | None = None
    type: str | None = None
    byte_order: ByteOrder | None = None
    sunspec: SunspecPlace | None = None
    field: str | None = None
    data: DataField | None = None
    mask: int | None = Field(None, ge=1)
    scale: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    ratio: tuple[str, ...] = ()
    fraction: Register | None = None
    scale_ref: int | None = Field(None, ge=0, le=65_535)
    pf_4q: bool = False
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
        if self.sunspec is not None:
            if self.table is not None or self.address is not None or self.type is None:
                raise ValueError(f"{self.name}: a SunSpec point has a type, and neither table nor address of its own")
        elif None in (given := [self.table, self.address, self.type]) and given != [None, None, None]:
            raise ValueError(f"{self.name}: table, address and type belong together")
        try:
            _ = self.register_place
            if self.sunspec is not None and self.type is not None:
                Register(table="holding", address=self.sunspec.offset, type=self.type)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "table"
            raise ValueError(f"{self.name}: {where}: {first['msg'].removeprefix('Value error, ')}") from None
        return self

    @cached_property
    def register_place(self) -> Register | None:
        """Where the value lies in a Modbus device; None for MQTT models and for a SunSpec model not yet found."""
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
    """A point that may be written, with the limits that the edge enforces whatever the cloud says.

    `write_with` are raw words, by address (in a SunSpec model by offset), that go into the same request as the value.
    `reverts_after_s`: the device gives the value up by itself unless it is written again within this time.
    `max_change` bounds one command, `max_change_per_h` the sum of all changes within an hour, both in `unit`.
    `min_on_s`, `min_off_s`: how long a switch (limits 0 and 1) stays on or off before it may be switched again.
    """

    write: Literal["fc5", "fc6", "fc16"]
    limits: tuple[Decimal, Decimal]
    step: Decimal | None = Field(None, gt=0)
    max_change: Decimal | None = Field(None, gt=0)
    max_change_per_h: Decimal | None = Field(None, gt=0)
    min_on_s: float = Field(0, ge=0, le=86_400)
    min_off_s: float = Field(0, ge=0, le=86_400)
    interlocks: tuple[Interlock, ...] = ()
    max_writes_per_h: int = Field(60, ge=1)
    min_interval_s: float = Field(0, ge=0)
    verify: Verify = Verify()
    safe_value: Decimal
    write_with: dict[int, int] = {}
    reverts_after_s: int | None = Field(None, ge=1)
    permit: tuple[str, ...] = ("energy_officer", "auto_adjust")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        low, high = self.limits
        if not low <= self.safe_value <= high:
            raise ValueError(f"safe_value {self.safe_value} is outside limits {low}..{high}")
        if self.data is not None:
            raise ValueError("meters that are asked by data identifiers are only read")
        if self.register_place is None and self.sunspec is None:
            raise ValueError("a writable point needs table, address and type")
        if (self.write == "fc5") != (self.table == "coil"):
            raise ValueError("fc5 writes coils, fc6 and fc16 write holding registers")
        if (self.min_on_s or self.min_off_s) and self.limits != (Decimal(0), Decimal(1)):
            raise ValueError("min_on_s and min_off_s belong to a switch with limits 0 and 1")
        return self
