"""Energy indicators from the energy account, refused where the data cover too little to be fair."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.energy.account import energy_account
from cloud.energy.carrier import from_base
from cloud.energy.factor_set import CALORIFIC, factor_set
from cloud.energy.intensity import intensities
from cloud.evaluation.indicator import Facts, Measured, nothing

LEAST_SHARE = 0.9
"""Of the period that the data must cover."""


def measured_by(facts: Facts, period: Period, indicator: str) -> Measured:
    """One yearly indicator of the institution, by its name in the account, under the calorific factor set."""
    account = energy_account(facts.model, period, facts.account_books, facts.now_ms)
    found = intensities(account, account.whole, factor_set(CALORIFIC), facts.account_books.densities)
    amount = found.by_name()[indicator]
    place = account.whole.place
    inputs = {
        "factor_set_id": CALORIFIC,
        "kgce": None if found.energy is None else round(float(found.energy.value), 1),
        "area_m2": None if place.area_m2 is None else float(place.area_m2),
        "persons": place.persons,
        "covered_percent": round(100 * found.covered_share),
        "sources": {str(one.carrier): str(one.source) for one in account.whole.consumption.values() if one.source},
        "quantities": {
            str(carrier): float(from_base(carrier, quantity)) for carrier, quantity in account.whole.quantities.items()
        },
    }
    if amount.value is None:
        return nothing(amount.missing or "evaluation.missing.no_rows", **inputs)
    if found.covered_share < LEAST_SHARE:
        return nothing("evaluation.missing.cover_too_low", **inputs)
    return Measured(float(amount.value), inputs)
