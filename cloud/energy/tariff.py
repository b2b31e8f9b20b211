"""Tariff: what a unit of a carrier costs, by time of use, and the exact cost of booked intervals.

Sums stay exact in Decimal; only the total is rounded to whole fen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cloud.core.calendar import to_local
from cloud.core.energy_interval import EnergyInterval
from cloud.energy.carrier import UNITS, Carrier
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, parse_model, read_model
from foundation.texts import Language

FOLDER = Path(__file__).parent / "tariffs"
FEN_PER_YUAN = 100
QUARTER_MINUTES = 15


def _minute(text: str) -> str:
    hour, _, minute = text.partition(":")
    if len(text) != 5 or not (hour + minute).isdigit() or not 0 <= int(hour) * 60 + int(minute) <= 24 * 60:
        raise ValueError("write a time of day as 08:00, the end of the day as 24:00")
    if int(minute) % QUARTER_MINUTES:
        raise ValueError("must be a full quarter hour, as the booked intervals are")
    return text


TimeOfDay = Annotated[str, AfterValidator(_minute)]


class Span(FrozenModel):
    """From `begins` until `ends` of every day of `months` the price of `band` holds; no months means all."""

    band: str
    begins: TimeOfDay
    ends: TimeOfDay
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = tuple(range(1, 13))


class Tariff(FrozenModel):
    """`prices` are yuan per `unit` by band, written as text to stay exact. Hours of no span cost `base`.

    `valid_from` is the first local day, `valid_to` the first no longer.
    """

    schema_: Literal["xietong.tariff/1"] = Field(alias="schema")
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: dict[Language, str] = Field(min_length=2)
    carrier: Carrier
    unit: str
    prices: dict[str, Decimal] = Field(min_length=1)
    base: str
    spans: tuple[Span, ...] = ()
    valid_from: date
    valid_to: date | None = None
    edition: str
    source: str
    confidence: Literal["verified", "secondary", "remembered"]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.unit not in UNITS[self.carrier]:
            raise ValueError(f"{self.carrier} is not counted in {self.unit}")
        for band in (self.base, *(span.band for span in self.spans)):
            if band not in self.prices:
                raise ValueError(f"no price for the band {band}")
        for month in range(1, 13):
            covered = sorted(_minutes(span) for span in self.spans if month in span.months)
            if any(later[0] < earlier[1] for earlier, later in pairwise(covered)):
                raise ValueError(f"two spans hold at the same time in month {month}")
        return self

    @property
    def is_flat(self) -> bool:
        """Whether the price is the same at every hour."""
        return not self.spans

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Cost:
    """Exact `yuan` and whole `fen`, with the quantity in base units of each band."""

    tariff_id: str
    yuan: Decimal
    fen: int
    bands: Mapping[str, int]


def cost_of(tariff: Tariff, intervals: Sequence[EnergyInterval]) -> Cost:
    """The cost of intervals, each at the price of the band that it starts in."""
    bands: dict[str, int] = defaultdict(int)
    table = _bands_by_quarter(tariff)
    for interval in intervals:
        local = to_local(interval.start_ms)
        bands[table[local.month][(local.hour * 60 + local.minute) // QUARTER_MINUTES]] += interval.delta
    return _priced(tariff, bands)


def fen_of(yuan: Decimal) -> int:
    """Whole fen, half up."""
    return int((yuan * FEN_PER_YUAN).to_integral_value(ROUND_HALF_UP))


def flat_cost(tariff: Tariff, quantity: int) -> Cost:
    """The cost of a quantity in base units under a flat tariff; another raises ValueError."""
    if not tariff.is_flat:
        raise ValueError(f"{tariff.id} depends on the time of use")
    return _priced(tariff, {tariff.base: quantity})


def tariff_on(tariffs: Sequence[Tariff], carrier: Carrier, day: date) -> Tariff | None:
    """The tariff of a carrier that began last among those valid on a day."""
    valid = [one for one in tariffs if one.carrier is carrier and one.is_valid_on(day)]
    return max(valid, key=lambda one: one.valid_from, default=None)


def read_tariff(content: Mapping[str, Any], source: str) -> Tariff:
    """A tariff from content that somebody has entered; a mistake raises ConfigError."""
    return parse_model(Tariff, dict(content), source)


@cache
def load_tariffs(folder: Path = FOLDER) -> tuple[Tariff, ...]:
    """Every tariff of the folder by id; a file not named after its id raises ConfigError."""
    tariffs = []
    for path in sorted(folder.glob("*.yaml")):
        tariff = read_model(Tariff, path)
        if tariff.id != path.stem:
            raise ConfigError(path, "id", f"{tariff.id} belongs in a file named {tariff.id}.yaml")
        tariffs.append(tariff)
    return tuple(tariffs)


def _priced(tariff: Tariff, bands: Mapping[str, int]) -> Cost:
    per_unit = UNITS[tariff.carrier][tariff.unit]
    yuan = sum((tariff.prices[band] * quantity / per_unit for band, quantity in bands.items()), Decimal(0))
    return Cost(tariff.id, yuan, fen_of(yuan), dict(bands))


def _bands_by_quarter(tariff: Tariff) -> Mapping[int, list[str]]:
    """Month -> the band of each of the 96 quarters of a local day."""
    table = {month: [tariff.base] * (24 * 60 // QUARTER_MINUTES) for month in range(1, 13)}
    for span in tariff.spans:
        begins, ends = _minutes(span)
        for month in span.months:
            for quarter in range(begins // QUARTER_MINUTES, ends // QUARTER_MINUTES):
                table[month][quarter] = span.band
    return table


def _minutes(span: Span) -> tuple[int, int]:
    """Minutes of the day; a span over midnight must be written as two."""
    begins, ends = (int(text[:2]) * 60 + int(text[3:]) for text in (span.begins, span.ends))
    if begins >= ends:
        raise ValueError(f"{span.band} must end after it begins; write a span over midnight as two")
    return begins, ends
