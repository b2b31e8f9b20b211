"""Figures of the energy account, with everything by which they can be followed back to meters and books."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from cloud.energy.account import EnergyAccount, PlaceAccount
from cloud.energy.carrier import DISPLAY_UNITS, Carrier, from_base
from cloud.energy.consumption import Consumption
from cloud.energy.intensity import Amount
from cloud.reporting.document import Figure
from cloud.reporting.words import Words, say

EARLIER_MISSING = "energy_account.missing.earlier"
NO_COST = "report.missing.no_cost"
NOT_USED = "—"
DECIMALS: Mapping[str, int] = {
    "kWh": 1, "m3": 1, "L": 1, "GJ": 2, "t": 3, "kgce": 1, "kgCO2": 1, "yuan": 2, "%": 1,
    "kgce/(m2·a)": 2, "kgce/(person·a)": 1, "m3/(person·a)": 2, "kWh/(m2·a)": 1,
}  # fmt: skip
"""Decimals that a unit is shown with; others two."""


_OF_ONE_CARRIER = {"water_per_person": Carrier.WATER, "electricity_per_m2": Carrier.ELECTRICITY}


def quantity_id(subject: str, carrier: Carrier) -> str:
    """Id of the quantity of a carrier at a place."""
    return f"{subject}/{carrier}/quantity"


def quantity_figure(account: EnergyAccount, place: PlaceAccount, carrier: Carrier) -> Figure | str:
    """What was used of a carrier, or a dash where the place does not use it."""
    found = place.consumption.get(carrier)
    if found is None:
        return NOT_USED
    unit = DISPLAY_UNITS[carrier]
    return Figure(
        figure_id=quantity_id(place.place.subject, carrier),
        value=None if found.quantity is None else from_base(carrier, found.quantity),
        unit=unit,
        period=str(account.period),
        decimals=decimals_of(unit),
        formula="report.formula.sum_of_inputs",
        inputs=tuple(dict.fromkeys(one.reference for one in found.inputs)),
        completeness=_share(found.covered_share) if found.quantity is not None else None,
        estimated_share=_share(found.estimated_share) if found.quantity is not None else None,
        missing=found.missing if found.quantity is None else None,
        remark=_remark(found),
    )


def cost_figure(account: EnergyAccount, place: PlaceAccount, carrier: Carrier) -> Figure | str:
    """What it cost by bill, hand-kept book or tariff, in yuan."""
    found = place.consumption.get(carrier)
    if found is None:
        return NOT_USED
    source = found.cost_source or ""
    return Figure(
        figure_id=f"{place.place.subject}/{carrier}/cost",
        value=None if found.cost_fen is None else Decimal(found.cost_fen) / 100,
        unit="yuan",
        period=str(account.period),
        decimals=2,
        formula=f"report.formula.cost_by_{source.partition(':')[0]}" if source else "",
        inputs=(source,) if source else (),
        missing=None if found.cost_fen is not None else found.missing or NO_COST,
    )


def total_cost(account: EnergyAccount) -> Figure:
    """The cost of all carriers; unknown as soon as one of them is."""
    costs = {carrier: cost_figure(account, account.whole, carrier) for carrier in account.whole.consumption}
    figures = [one for one in costs.values() if isinstance(one, Figure)]
    missing = next((one.missing for one in figures if one.missing), None if figures else NO_COST)
    return Figure(
        figure_id="cost",
        value=None if missing else sum((one.value for one in figures if one.value is not None), Decimal(0)),
        unit="yuan",
        period=str(account.period),
        decimals=2,
        formula="report.formula.sum_of_costs",
        inputs=tuple(one.figure_id for one in figures),
        missing=missing,
    )


def indicator_figure(account: EnergyAccount, name: str, amount: Amount, factor_set_id: str, cover: float) -> Figure:
    """An indicator of the whole institution under one convention; `cover` is that of its comprehensive energy."""
    return Figure(
        figure_id=f"{name}/{factor_set_id}" if amount.factor_set_id else name,
        value=amount.value,
        unit=amount.unit,
        period=str(account.period),
        decimals=decimals_of(amount.unit),
        formula=amount.formula,
        inputs=_indicator_inputs(account, name, factor_set_id),
        factor_set=amount.factor_set_id,
        completeness=_share(_cover(account, name, cover)) if amount.value is not None else None,
        missing=amount.missing,
    )


def change_figure(figure_id: str, now: Figure | str, before: Decimal | None, remark: Words | None = None) -> Figure:
    """How much more or less than before, in percent of before; `remark` when the two cannot quite be compared."""
    value = now.value if isinstance(now, Figure) else None
    missing = EARLIER_MISSING if isinstance(now, str) or now.missing is None else now.missing
    is_known = value is not None and before is not None and before != 0
    return Figure(
        figure_id=figure_id,
        value=(value - before) / before * 100 if value is not None and before else None,
        unit="%",
        period=now.period if isinstance(now, Figure) else "",
        decimals=1,
        formula="report.formula.change",
        inputs=(now.figure_id,) if isinstance(now, Figure) else (),
        missing=None if is_known else missing,
        remark=remark if is_known else None,
    )


def decimals_of(unit: str) -> int:
    """How many decimals a unit is shown with."""
    return DECIMALS.get(unit, 2)


def _share(value: float) -> Decimal:
    """A share to four digits: finer than any cover is known."""
    return Decimal(str(round(value, 4)))


def _cover(account: EnergyAccount, name: str, of_energy: float) -> float:
    """An indicator is as complete as what it is worked out from: one carrier, or all that are energy."""
    carrier = _OF_ONE_CARRIER.get(name)
    return of_energy if carrier is None else account.whole.consumption[carrier].covered_share


def _remark(found: Consumption) -> Words | None:
    if found.unmetered:
        return say("report.remark.unmetered", places=", ".join(found.unmetered))
    return say("report.remark.refused", n=len(found.refused)) if found.refused else None


def _indicator_inputs(account: EnergyAccount, name: str, factor_set_id: str) -> tuple[str, ...]:
    subject, place = account.whole.place.subject, account.whole.place
    over = f"area = {place.area_m2} m2" if name.endswith("m2") else f"persons = {place.persons}"
    if name == "energy_kgce":
        return tuple(quantity_id(subject, carrier) for carrier in account.whole.consumption)
    of = _OF_ONE_CARRIER.get(name)
    return (f"energy_kgce/{factor_set_id}" if of is None else quantity_id(subject, of), over)
