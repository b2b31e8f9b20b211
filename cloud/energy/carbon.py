"""Carbon dioxide from what was used: factors by carrier, and for electricity by the year of the data.

Method: kgCO2 = quantity x factor; a fuel's factor is heat value x carbon content x oxidation x 44/12. Electricity uses
the average factor of the data year; where it is not yet published, the latest one, marked provisional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from cloud.energy.carrier import UNITS, Carrier
from cloud.energy.coal import amount_of
from cloud.energy.data_table import decimal_of, read_table
from cloud.energy.factor_set import FOLDER, Density
from foundation.errors import ConfigError, DomainError

NATIONAL = "national"
AVERAGE, FUEL = "average", "fuel"
TIMELESS = 0
"""Data year of factors that do not change with the year."""


@dataclass(frozen=True, slots=True)
class CarbonFactor:
    """Kilograms of CO2 per `unit`. `region` is `national`, a grid, or a province by the first two digits of its code;
    `data_year` is TIMELESS where it does not depend on the year."""

    carrier: Carrier
    kind: str
    region: str
    data_year: int
    unit: str
    value: Decimal
    source: str
    confidence: str
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class CarbonTerm:
    """One carrier's part: `amount` in the factor's unit times its value is `kg`."""

    carrier: Carrier
    amount: Decimal
    factor: CarbonFactor
    kg: Decimal


@dataclass(frozen=True, slots=True)
class Carbon:
    """Emissions of a period; `is_provisional` when a later factor will change them."""

    kg: Decimal
    terms: tuple[CarbonTerm, ...]

    @property
    def is_provisional(self) -> bool:
        return any(term.factor.is_provisional for term in self.terms)


def emissions(
    quantities: Mapping[Carrier, int],
    data_year: int,
    densities: Mapping[Carrier, Density],
    *,
    region: str = NATIONAL,
) -> Carbon:
    """CO2 of quantities in base units used in `data_year`; carriers without a factor (water) are left out."""
    terms: list[CarbonTerm] = []
    for carrier, quantity in sorted(quantities.items()):
        factor = factor_of(carrier, data_year, region)
        if factor is not None:
            amount = amount_of(carrier, quantity, factor.unit, densities)
            terms.append(CarbonTerm(carrier, amount, factor, amount * factor.value))
    return Carbon(sum((term.kg for term in terms), Decimal(0)), tuple(terms))


def factor_of(carrier: Carrier, data_year: int, region: str = NATIONAL) -> CarbonFactor | None:
    """The factor to use: fuels by their own, electricity by the newest average not younger than `data_year`.

    A year before the first published one takes the first; both kinds of stand-in are provisional. None when the
    carrier has none; an unknown region raises DomainError.
    """
    is_electricity = carrier is Carrier.ELECTRICITY
    kind, of_region = (AVERAGE, region) if is_electricity else (FUEL, NATIONAL)
    rows = [one for one in load_carbon_factors() if (one.carrier, one.kind, one.region) == (carrier, kind, of_region)]
    known = {one.data_year: one for one in rows}
    if not known:
        if is_electricity:
            raise DomainError("error.carbon_region_unknown", region=region)
        return None
    if TIMELESS in known:
        return known[TIMELESS]
    chosen = max((year for year in known if year <= data_year), default=min(known))
    return replace(known[chosen], is_provisional=chosen != data_year)


@cache
def load_carbon_factors(folder: Path = FOLDER) -> tuple[CarbonFactor, ...]:
    """Every row of `co2.csv`; mistakes raise ConfigError."""
    path = folder / "co2.csv"
    columns = ("carrier", "kind", "region", "data_year", "unit", "value", "parameters")
    units = {unit for known in UNITS.values() for unit in known}
    rows = read_table(path, columns, key=("carrier", "kind", "region", "data_year"), units=units)
    return tuple(_factor(path, row) for row in rows)


def _factor(path: Path, row: Mapping[str, str]) -> CarbonFactor:
    if row["carrier"] not in set(Carrier) or not row["data_year"].isdigit():
        raise ConfigError(path, "carrier", f"unknown carrier or year: {row['carrier']!r}, {row['data_year']!r}")
    return CarbonFactor(
        carrier=Carrier(row["carrier"]),
        kind=row["kind"],
        region=row["region"],
        data_year=int(row["data_year"]),
        unit=row["unit"],
        value=decimal_of(path, row, "value"),
        source=row["source"],
        confidence=row["confidence"],
    )
