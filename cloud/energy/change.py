"""Why the energy use of an institution differs from an earlier period: days, persons, area, intensity, weather."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloud.core.period import DAY_MS, Period
from cloud.energy.account import EnergyAccount
from cloud.energy.carrier import Carrier
from cloud.energy.coal import comprehensive_energy
from cloud.energy.degree_days import Day, WeatherModel, normalise
from cloud.energy.factor_set import Density, FactorSet
from cloud.energy.intensity import AREA_UNKNOWN, PERSONS_UNKNOWN, intensities
from cloud.energy.lmdi import Decomposition, decompose, energy_factors

LEAST_SHARE = 0.9
"""Of both periods that the data must cover."""

EARLIER_MISSING = "energy_account.missing.earlier"
COVER_TOO_LOW = "energy_account.missing.cover_too_low"


@dataclass(frozen=True, slots=True)
class Weather:
    """A usable model and the days of both periods; days without a temperature are absent."""

    model: WeatherModel
    earlier: Sequence[Day]
    later: Sequence[Day]


@dataclass(frozen=True, slots=True)
class Change:
    """Effects in kgce under one factor set, or the reason why there are none. `weather` is None when not corrected."""

    earlier: Period
    factor_set_id: str
    decomposition: Decomposition | None
    missing: str | None = None
    weather: WeatherModel | None = None


def explain_change(
    earlier: EnergyAccount,
    later: EnergyAccount,
    factors: FactorSet,
    densities: Mapping[Carrier, Density],
    weather: Weather | None = None,
) -> Change:
    """LMDI-I of the institution's comprehensive energy between two periods of any length."""
    missing = _missing(earlier, later, factors, densities)
    if missing is not None:
        return Change(earlier.period, factors.factor_set_id, None, missing)
    before = _factors(earlier, factors, densities, weather, weather.earlier if weather else ())
    after = _factors(later, factors, densities, weather, weather.later if weather else ())
    model = None if weather is None else weather.model
    return Change(earlier.period, factors.factor_set_id, decompose(before, after), weather=model)


def _missing(
    earlier: EnergyAccount, later: EnergyAccount, factors: FactorSet, densities: Mapping[Carrier, Density]
) -> str | None:
    for account, when_unknown in ((earlier, EARLIER_MISSING), (later, None)):
        found = intensities(account, account.whole, factors, densities)
        if found.energy is None:
            return when_unknown or found.energy_kgce.missing
        if found.covered_share < LEAST_SHARE:
            return COVER_TOO_LOW
        if not account.whole.place.area_m2:
            return AREA_UNKNOWN
        if not account.whole.place.persons:
            return PERSONS_UNKNOWN
    return None


def _factors(
    account: EnergyAccount,
    factors: FactorSet,
    densities: Mapping[Carrier, Density],
    weather: Weather | None,
    days: Sequence[Day],
) -> dict[str, float]:
    whole = account.whole
    energy = float(comprehensive_energy(whole.quantities, factors, densities).value)
    normalised = None
    if weather is not None:
        electricity_wh = float(whole.quantities.get(Carrier.ELECTRICITY, 0))
        kgce_per_wh = float(factors.factors[Carrier.ELECTRICITY].kgce_per_unit) / 1000
        at_normal_weather = normalise(weather.model, electricity_wh, days, (*weather.earlier, *weather.later))
        normalised = energy + (at_normal_weather - electricity_wh) * kgce_per_wh
    passed_days = (account.until_ms - account.period.start_ms) / DAY_MS
    place = whole.place
    return energy_factors(energy, float(place.persons or 0), float(place.area_m2 or 0), normalised, passed_days)
