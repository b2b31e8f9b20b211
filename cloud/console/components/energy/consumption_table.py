"""What was used by place and carrier: amount, where the figure comes from, how complete it is, cost and coal."""

from __future__ import annotations

from decimal import Decimal

from cloud.console.components.energy.energy_tiles import yuan
from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable, Shown
from cloud.console.numbers import MISSING, grouped
from cloud.console.session import Viewer
from cloud.console.views.energy_month import EnergyMonth, coal_by_carrier, worth_showing
from cloud.energy.account import PlaceAccount
from cloud.energy.carrier import Carrier
from cloud.energy.coal import display_amount
from cloud.energy.consumption import FULL_SHARE, Consumption, Source
from cloud.reporting.display import unit_text

TONES = {Source.METER: "good", Source.BILL: "blue", Source.HAND: "yellow"}
COLUMNS = (
    ("place", False), ("carrier", False), ("quantity", True), ("source", False), ("covered", True), ("estimated", True),
    ("cost", True), ("coal", True),
)  # fmt: skip


class ConsumptionTable:
    """The institution first, then its buildings."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        columns = [Column(viewer.say(f"console.account.column.{name}"), right) for name, right in COLUMNS]
        self._table = RowTable(columns, viewer.say("console.account.nothing_used"), "consumption")

    def show(self, month: EnergyMonth, factor_set_id: str) -> None:
        self._table.show(consumption_rows(month, factor_set_id, self._viewer))


def consumption_rows(month: EnergyMonth, factor_set_id: str, viewer: Viewer) -> list[Row]:
    """One row per place and carrier; a carrier without figure says why."""
    rows = []
    for place in month.places:
        coal = coal_by_carrier(month.account, place, factor_set_id)
        for number, one in enumerate(worth_showing(place.consumption)):
            name: Shown = _place(month, place, viewer) if number == 0 else ""
            cells = (name, *_cells(one, coal.get(one.carrier), viewer))
            rows.append(Row(f"{place.place.building_id or 'whole'}-{one.carrier}", cells))
    return rows


def _place(month: EnergyMonth, place: PlaceAccount, viewer: Viewer) -> Cell:
    area, persons = place.place.area_m2, place.place.persons
    unknown = viewer.say("console.account.to_be_completed")
    below = viewer.say(
        "console.account.place_below",
        area=unknown if area is None else grouped(float(area), 0),
        persons=unknown if persons is None else grouped(persons, 0),
    )
    return Cell(viewer.name(month.name_of(place)), below)


def _cells(one: Consumption, kgce: Decimal | None, viewer: Viewer) -> tuple[Shown, ...]:
    carrier = viewer.say(f"energy_account.carrier.{one.carrier}")
    if one.quantity is None:
        reason = Chip(viewer.say("console.account.to_be_completed"), "orange", viewer.say(one.missing or ""))
        return carrier, MISSING, reason, MISSING, MISSING, MISSING, MISSING
    return (
        carrier,
        quantity_words(one, viewer),
        _source(one, viewer),
        _share(one.covered_share, viewer, one.unmetered),
        f"{100 * one.estimated_share:.1f} %",
        _cost(one, viewer),
        MISSING if kgce is None or one.carrier is Carrier.WATER else f"{grouped(float(kgce), 1)} kgce",
    )


def quantity_words(one: Consumption, viewer: Viewer) -> str:
    """`172,733.6 kWh`."""
    amount, unit = display_amount(one.carrier, one.quantity or 0)
    return f"{grouped(float(amount), 1)} {unit_text(unit, viewer.language)}"


def _source(one: Consumption, viewer: Viewer) -> Shown:
    source = one.source or Source.HAND
    below = viewer.say("console.account.refused", n=len(one.refused)) if one.refused else ""
    return Chip(viewer.say(f"energy_account.source.{source}"), TONES[source], below)


def _share(share: float, viewer: Viewer, unmetered: tuple[str, ...]) -> Shown:
    words = f"{100 * share:.1f} %"
    if unmetered:
        return Cell(words, viewer.say("console.account.unmetered", n=len(unmetered)))
    return words if share >= FULL_SHARE else Chip(words, "orange")


def _cost(one: Consumption, viewer: Viewer) -> Shown:
    if one.cost_fen is None:
        return MISSING
    kind, _, tariff = (one.cost_source or "").partition(":")
    key = "console.account.by_tariff" if kind == "tariff" else f"energy_account.source.{kind}"
    return Cell(yuan(one.cost_fen), viewer.say(key, tariff=tariff))
