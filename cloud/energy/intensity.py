"""The indicators of an account: standard coal and water per square metre and per person, for the period and per year.

Each figure that cannot be known says why; none is ever 0 for want of data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from cloud.core.period import DAY_MS
from cloud.energy.account import NO_SOURCE, EnergyAccount, PlaceAccount
from cloud.energy.carrier import Carrier, from_base
from cloud.energy.coal import CoalFigure, comprehensive_energy
from cloud.energy.factor_set import Density, FactorSet

DAYS_PER_YEAR = 365
AREA_UNKNOWN = "energy_account.missing.area_unknown"
PERSONS_UNKNOWN = "energy_account.missing.persons_unknown"
CARRIER_MISSING = "energy_account.missing.carrier_missing"


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure, or the text key of the reason why there is none. `formula` is the key of its formula."""

    value: Decimal | None
    unit: str
    formula: str
    factor_set_id: str | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Intensities:
    """Indicators of one place under one factor set; those per year are scaled by days from the span that has passed.

    `covered_share` is the least of the carriers in `energy`.
    """

    energy: CoalFigure | None
    energy_kgce: Amount
    energy_per_m2: Amount
    energy_per_person: Amount
    water_per_person: Amount
    electricity_per_m2: Amount
    covered_share: float

    def by_name(self) -> Mapping[str, Amount]:
        """The yearly indicators under the names by which quotas and peers are kept."""
        return {
            "energy_per_m2": self.energy_per_m2,
            "energy_per_person": self.energy_per_person,
            "water_per_person": self.water_per_person,
            "electricity_per_m2": self.electricity_per_m2,
        }


def intensities(
    account: EnergyAccount, of_place: PlaceAccount, factors: FactorSet, densities: Mapping[Carrier, Density]
) -> Intensities:
    """All indicators of one place of an account."""
    energy, missing = _energy(of_place, factors, densities)
    to_year = _to_year(account)
    area, persons = of_place.place.area_m2, of_place.place.persons
    of_area = (area, AREA_UNKNOWN)
    of_persons = (None if persons is None else Decimal(persons), PERSONS_UNKNOWN)
    kgce, set_id = (None if energy is None else energy.value), factors.factor_set_id
    water, no_water = _quantity(of_place, Carrier.WATER)
    kwh, no_electricity = _quantity(of_place, Carrier.ELECTRICITY)
    shares = [one.covered_share for one in of_place.consumption.values() if one.carrier in factors.factors]
    return Intensities(
        energy=energy,
        energy_kgce=Amount(kgce, "kgce", "energy_account.formula.energy", set_id, missing),
        energy_per_m2=_per((kgce, missing), of_area, to_year, "kgce/(m2·a)", set_id),
        energy_per_person=_per((kgce, missing), of_persons, to_year, "kgce/(person·a)", set_id),
        water_per_person=_per((water, no_water), of_persons, to_year, "m3/(person·a)", None),
        electricity_per_m2=_per((kwh, no_electricity), of_area, to_year, "kWh/(m2·a)", None),
        covered_share=min(shares, default=0.0),
    )


Known = tuple[Decimal | None, str | None]
"""A value, or why there is none."""


def _energy(
    of_place: PlaceAccount, factors: FactorSet, densities: Mapping[Carrier, Density]
) -> tuple[CoalFigure | None, str | None]:
    """The comprehensive energy; unknown as soon as one carrier that the place uses is unknown."""
    of_energy = [one for one in of_place.consumption.values() if one.carrier in factors.factors]
    unknown = [one.missing for one in of_energy if one.quantity is None]
    if unknown:
        return None, unknown[0] if len(of_energy) == 1 else CARRIER_MISSING
    return comprehensive_energy(of_place.quantities, factors, densities), None


def _quantity(of_place: PlaceAccount, carrier: Carrier) -> Known:
    consumption = of_place.consumption.get(carrier)
    if consumption is None or consumption.quantity is None:
        return None, NO_SOURCE if consumption is None else consumption.missing
    return from_base(carrier, consumption.quantity), None


def _to_year(account: EnergyAccount) -> Decimal | None:
    """A whole year counts as it is; anything shorter is scaled by days. None before it has begun."""
    if account.is_complete and account.period.month is None:
        return Decimal(1)
    passed = Decimal(account.until_ms - account.period.start_ms) / DAY_MS
    return Decimal(DAYS_PER_YEAR) / passed if passed else None


def _per(known: Known, count: Known, to_year: Decimal | None, unit: str, factor_set_id: str | None) -> Amount:
    (value, missing), (of_count, unknown) = known, count
    formula = f"energy_account.formula.{unit.partition('/')[0].lower()}_per_{'m2' if 'm2' in unit else 'person'}"
    if value is None or to_year is None:
        return Amount(None, unit, formula, factor_set_id, missing or NO_SOURCE)
    if not of_count:
        return Amount(None, unit, formula, factor_set_id, unknown)
    return Amount(value * to_year / of_count, unit, formula, factor_set_id)
