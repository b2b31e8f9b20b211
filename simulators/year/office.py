"""The pretend office as data: what it owns, pays, drives and rents, read from one YAML file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from foundation.settings import FrozenModel, read_model

FILE = Path(__file__).parent / "office.yaml"

Range = tuple[float, float]


class Canteen(FrozenModel):
    """The one gas meter, read by hand each month."""

    building: str
    meter: str
    account: str
    post: str
    m3_per_workday: float
    m3_per_free_day: float
    first_reading_m3: int


class Rooms(FrozenModel):
    """How many rooms a building has, and the grades of those who sit alone."""

    count: int = Field(ge=1)
    heads: tuple[str, ...]


class MeetingRoom(FrozenModel):
    room: str
    building: str
    area_m2: float


class AssetKind(FrozenModel):
    """`count` things of one name; without `department` they are spread over all of them."""

    name: str
    category: str
    count: int
    value: Range
    department: str | None = None


class ContractKind(FrozenModel):
    """A contract of one year that ends `ends_in_days` from the day of writing.

    `renewed` when its successor is signed already, `earlier` when the office keeps the one before it too.
    """

    title: str
    supplier: str
    category: str
    department: str
    amount: int
    ends_in_days: int
    payments: Literal[0, 1, 2, 4, 12]
    renewed: bool = False
    earlier: bool = False


class Purchase(FrozenModel):
    supplier: str
    category: str
    departments: tuple[str, ...]


class Car(FrozenModel):
    """`trips` per working day; insurance and inspection end so many days from the day of writing."""

    id: str
    use: str
    price: int
    displacement_l: float
    tank_l: float
    litres_per_100km: float
    trips: float
    insured_days: int
    inspected_days: int


class Trip(FrozenModel):
    place: str
    km: Range
    hours: Range
    purpose: str
    weight: float


class EquipmentKind(FrozenModel):
    code: str
    name: str
    type: str
    term_days: int
    per_building: int = 0
    per_floor: int = 0


class Office(FrozenModel):
    """The whole file."""

    schema_: Literal["xietong.year-office/1"] = Field(alias="schema")
    prices: dict[str, float]
    suppliers: dict[str, str]
    canteen: Canteen
    rooms: dict[str, Rooms]
    meeting_rooms: tuple[MeetingRoom, ...]
    assets: tuple[AssetKind, ...]
    contracts: tuple[ContractKind, ...]
    purchases: tuple[Purchase, ...]
    cars: tuple[Car, ...]
    duty_cars: tuple[str, ...]
    stations: tuple[str, ...]
    parking: str
    trips: tuple[Trip, ...]
    equipment: tuple[EquipmentKind, ...]


@cache
def load_office(path: Path = FILE) -> Office:
    """The checked file; wrong content raises ConfigError."""
    return read_model(Office, path)
