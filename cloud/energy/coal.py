"""Standard coal: what an institution has used of all carriers, as one figure under one factor set.

Method: comprehensive energy consumption E = sum of quantity x factor (GB/T 2589-2020); intensities E/M and E/P.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from cloud.energy.carrier import DISPLAY_UNITS, LIQUID_FUELS, Carrier, from_base
from cloud.energy.factor_set import Density, FactorSet
from foundation.errors import DomainError


@dataclass(frozen=True, slots=True)
class CoalTerm:
    """One carrier's part: `amount` in `unit`, times `factor`, is `kgce`; all of it can be checked by hand."""

    carrier: Carrier
    amount: Decimal
    unit: str
    factor: Decimal
    kgce: Decimal
    confidence: str


@dataclass(frozen=True, slots=True)
class CoalFigure:
    """A figure in standard coal. Only figures of one factor set and unit can be added or compared."""

    value: Decimal
    factor_set_id: str
    unit: str = "kgce"
    terms: tuple[CoalTerm, ...] = ()

    def __add__(self, other: CoalFigure) -> CoalFigure:
        self._require_alike(other)
        return CoalFigure(self.value + other.value, self.factor_set_id, self.unit, (*self.terms, *other.terms))

    def __sub__(self, other: CoalFigure) -> CoalFigure:
        self._require_alike(other)
        return CoalFigure(self.value - other.value, self.factor_set_id, self.unit)

    def __lt__(self, other: CoalFigure) -> bool:
        self._require_alike(other)
        return self.value < other.value

    def __le__(self, other: CoalFigure) -> bool:
        self._require_alike(other)
        return self.value <= other.value

    def __gt__(self, other: CoalFigure) -> bool:
        return other < self

    def __ge__(self, other: CoalFigure) -> bool:
        return other <= self

    def per(self, count: Decimal, what: str) -> CoalFigure:
        """Per square metre (`m2`) or `person`; `count` must be greater than 0."""
        return CoalFigure(self.value / count, self.factor_set_id, f"{self.unit}/{what}")

    def times(self, factor: Decimal, unit: str) -> CoalFigure:
        """Scaled, for instance from a month to a year, as a figure in `unit`."""
        return CoalFigure(self.value * factor, self.factor_set_id, unit)

    def _require_alike(self, other: CoalFigure) -> None:
        if self.factor_set_id != other.factor_set_id:
            raise DomainError("error.factor_sets_mixed", first=self.factor_set_id, second=other.factor_set_id)
        if self.unit != other.unit:
            raise DomainError("error.units_mixed", first=self.unit, second=other.unit)


def comprehensive_energy(
    quantities: Mapping[Carrier, int], factors: FactorSet, densities: Mapping[Carrier, Density]
) -> CoalFigure:
    """Standard coal of quantities in base units, exact; carriers that are no energy (water) are left out.

    A liquid fuel without its density raises DomainError `error.density_missing`.
    """
    terms = tuple(
        _term(carrier, quantity, factors, densities)
        for carrier, quantity in sorted(quantities.items())
        if carrier in factors.factors
    )
    return CoalFigure(sum((term.kgce for term in terms), Decimal(0)), factors.factor_set_id, terms=terms)


def total(figures: Iterable[CoalFigure]) -> CoalFigure:
    """The sum of at least one figure; different factor sets raise DomainError `error.factor_sets_mixed`."""
    first, *rest = figures
    for figure in rest:
        first = first + figure
    return first


def mass_kg(carrier: Carrier, quantity: int, densities: Mapping[Carrier, Density]) -> Decimal:
    """Kilograms of a liquid fuel in base units; without its density DomainError `error.density_missing`."""
    if carrier not in densities:
        raise DomainError("error.density_missing", carrier=str(carrier))
    return from_base(carrier, quantity, "L") * densities[carrier].kg_per_l


def amount_of(carrier: Carrier, quantity: int, unit: str, densities: Mapping[Carrier, Density]) -> Decimal:
    """A quantity in the unit of its factor; liquid fuels by mass."""
    return mass_kg(carrier, quantity, densities) if carrier in LIQUID_FUELS else from_base(carrier, quantity, unit)


def display_amount(carrier: Carrier, quantity: int) -> tuple[Decimal, str]:
    """A quantity as people read it, with its unit."""
    return from_base(carrier, quantity), DISPLAY_UNITS[carrier]


def _term(carrier: Carrier, quantity: int, factors: FactorSet, densities: Mapping[Carrier, Density]) -> CoalTerm:
    factor = factors.factors[carrier]
    amount = amount_of(carrier, quantity, factor.unit, densities)
    kgce = amount * factor.kgce_per_unit
    return CoalTerm(carrier, amount, factor.unit, factor.kgce_per_unit, kgce, factor.confidence)
