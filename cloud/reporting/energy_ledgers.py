"""The ledgers behind an energy report: what was used day by day, and each product of amount and factor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal

from cloud.energy.carrier import DISPLAY_UNITS, Carrier, from_base
from cloud.reporting.account_figures import quantity_id
from cloud.reporting.ledger import Ledger
from cloud.reporting.recompute import Product, Total
from cloud.reporting.worked import Use, Worked

USE, MONTHS, COAL, CARBON = "energy_use.csv", "months.csv", "standard_coal.csv", "carbon.csv"
_USE_COLUMNS = (
    "row", "place", "carrier", "source", "reference", "from", "until", "quantity", "unit", "estimated", "cost_yuan",
)  # fmt: skip
_COAL_COLUMNS = ("row", "factor_set", "carrier", "amount", "unit", "kgce_per_unit", "kgce", "confidence")
_CARBON_COLUMNS = (
    "row", "carrier", "region", "data_year", "provisional", "amount", "unit", "kg_per_unit", "kg", "source",
)  # fmt: skip


def use_ledger(uses: Sequence[Use]) -> Ledger:
    """One row per meter and local day, or per row of a book; quantities in the unit that people know, exact."""
    rows = tuple(
        (
            number,
            use.place,
            use.carrier.value,
            use.source.value,
            use.reference,
            use.first,
            use.until,
            from_base(use.carrier, use.quantity),
            DISPLAY_UNITS[use.carrier],
            from_base(use.carrier, use.estimated),
            None if use.cost_fen is None else Decimal(use.cost_fen) / 100,
        )
        for number, use in enumerate(uses, 1)
    )
    return Ledger(USE, _USE_COLUMNS, rows)


def use_totals(worked: Worked) -> list[Total]:
    """Every quantity is the sum of its rows: a year of its months and days to the last digit."""
    return [
        Total(
            figure=quantity_id(place.place.subject, carrier),
            ledger=USE,
            column="quantity",
            where={"place": place.place.subject, "carrier": carrier.value},
        )
        for place in worked.places
        for carrier, found in place.consumption.items()
        if found.quantity is not None
    ]


def month_ledger(worked: Worked, carriers: Collection[Carrier]) -> Ledger:
    """One row per month and carrier of the whole institution, for readers who may know no more."""
    found: dict[tuple[str, Carrier], int] = defaultdict(int)
    for use in worked.uses:
        if use.place == worked.account.whole.place.subject and use.carrier in carriers:
            found[use.first[:7], use.carrier] += use.quantity
    rows = tuple(
        (number, month, carrier.value, from_base(carrier, quantity), DISPLAY_UNITS[carrier])
        for number, ((month, carrier), quantity) in enumerate(sorted(found.items()), 1)
    )
    return Ledger(MONTHS, ("row", "month", "carrier", "quantity", "unit"), rows)


def month_totals(worked: Worked, carriers: Collection[Carrier]) -> list[Total]:
    """The period is the sum of its months."""
    whole = worked.account.whole
    return [
        Total(
            figure=quantity_id(whole.place.subject, one), ledger=MONTHS, column="quantity", where={"carrier": one.value}
        )
        for one in carriers
        if one in whole.quantities
    ]


def coal_ledger(worked: Worked, conventions: Sequence[str]) -> Ledger:
    """Amount times factor of every carrier under each convention."""
    terms = [
        (convention, term)
        for convention in conventions
        if (energy := worked.indicators(convention).energy) is not None
        for term in energy.terms
    ]
    rows = tuple(
        (number, convention, term.carrier.value, term.amount, term.unit, term.factor, term.kgce, term.confidence)
        for number, (convention, term) in enumerate(terms, 1)
    )
    return Ledger(COAL, _COAL_COLUMNS, rows)


def coal_totals(worked: Worked, conventions: Sequence[str]) -> list[Total]:
    """The comprehensive energy of each convention is the sum of its own rows alone."""
    return [
        Total(figure=f"energy_kgce/{one}", ledger=COAL, column="kgce", where={"factor_set": one})
        for one in conventions
        if worked.indicators(one).energy is not None
    ]


def carbon_ledger(worked: Worked) -> Ledger:
    """Amount times emission factor of every carrier."""
    terms = worked.carbon.terms if worked.carbon is not None else ()
    rows = tuple(
        (
            number,
            term.carrier.value,
            term.factor.region,
            term.factor.data_year or None,
            "yes" if term.factor.is_provisional else "no",
            term.amount,
            term.factor.unit,
            term.factor.value,
            term.kg,
            term.factor.source,
        )
        for number, term in enumerate(terms, 1)
    )
    return Ledger(CARBON, _CARBON_COLUMNS, rows)


def carbon_totals(worked: Worked) -> list[Total]:
    return [Total(figure="carbon", ledger=CARBON, column="kg")] if worked.carbon is not None else []


PRODUCTS = (
    Product(ledger=COAL, column="kgce", factors=("amount", "kgce_per_unit")),
    Product(ledger=CARBON, column="kg", factors=("amount", "kg_per_unit")),
)
