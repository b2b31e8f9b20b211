"""FactorSet: how carriers are turned into standard coal, under one convention that is never mixed with another.

The calorific convention (当量) takes the heat in a kilowatt hour, the equivalent one (等价) the coal burnt to make it:
the same building differs about 2.5-fold. So every figure carries the id of its set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from cloud.energy.carrier import LIQUID_FUELS, UNITS, Carrier
from cloud.energy.data_table import decimal_of, read_table
from foundation.errors import ConfigError, DomainError

FOLDER = Path(__file__).parent / "factors"
COMMON = "common"
CALORIFIC = "calorific_gbt2589_2020"
EQUIVALENT = "equivalent_db37_2672_2019"
"""The two sets shown side by side by default."""


@dataclass(frozen=True, slots=True)
class CoalFactor:
    """Kilograms of coal equivalent per `unit` of a carrier; `confidence` as in the tables."""

    carrier: Carrier
    unit: str
    kgce_per_unit: Decimal
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class FactorSet:
    """One convention; carriers without a factor (water) are not energy and have none."""

    factor_set_id: str
    factors: Mapping[Carrier, CoalFactor]

    @property
    def is_calorific(self) -> bool:
        return self.factor_set_id.startswith("calorific_")


@dataclass(frozen=True, slots=True)
class Density:
    """Kilograms per litre of a liquid fuel, with where it was taken from."""

    carrier: Carrier
    kg_per_l: Decimal
    source: str
    confidence: str


def factor_set(factor_set_id: str) -> FactorSet:
    """The set of that id; an unknown one raises DomainError."""
    try:
        return load_factor_sets()[factor_set_id]
    except KeyError:
        raise DomainError("error.factor_set_unknown", factor_set=factor_set_id) from None


@cache
def load_factor_sets(folder: Path = FOLDER) -> Mapping[str, FactorSet]:
    """Every set of `coal.csv` by id; rows of the set `common` belong to all of them. Mistakes raise ConfigError."""
    path = folder / "coal.csv"
    known = {unit for units in UNITS.values() for unit in units}
    columns = ("factor_set", "carrier", "unit", "kgce_per_unit")
    by_set: dict[str, dict[Carrier, CoalFactor]] = {}
    for row in read_table(path, columns, key=("factor_set", "carrier"), units=known):
        carrier = _carrier(path, row["carrier"])
        if row["unit"] not in _units(carrier):
            raise ConfigError(path, "unit", f"{carrier} is not converted per {row['unit']}")
        value = decimal_of(path, row, "kgce_per_unit")
        factor = CoalFactor(carrier, row["unit"], value, row["source"], row["confidence"])
        by_set.setdefault(row["factor_set"], {})[carrier] = factor
    common = by_set.pop(COMMON, {})
    return {name: FactorSet(name, {**common, **factors}) for name, factors in by_set.items()}


@cache
def load_densities(folder: Path = FOLDER) -> Mapping[Carrier, Density]:
    """Densities of `density.csv`, to be handed to a conversion by name: none is taken silently."""
    path = folder / "density.csv"
    densities: dict[Carrier, Density] = {}
    for row in read_table(path, ("carrier", "unit", "value"), key=("carrier",), units={"kg/L"}):
        carrier = _carrier(path, row["carrier"])
        if carrier not in LIQUID_FUELS:
            raise ConfigError(path, "carrier", f"{carrier} is no liquid fuel")
        densities[carrier] = Density(carrier, decimal_of(path, row, "value"), row["source"], row["confidence"])
    return densities


def _units(carrier: Carrier) -> set[str]:
    return {"kg"} if carrier in LIQUID_FUELS else set(UNITS[carrier])


def _carrier(path: Path, name: str) -> Carrier:
    try:
        return Carrier(name)
    except ValueError:
        raise ConfigError(path, "carrier", f"unknown carrier {name!r}") from None
