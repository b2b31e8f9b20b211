"""Which figures of a period are not what they once were: before, now, the difference by cause, and who entered what."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.energy.energy_tiles import yuan
from cloud.console.components.row_table import Cell, Column, Row, RowTable, Shown
from cloud.console.components.tag import tag
from cloud.console.numbers import MISSING, date_time
from cloud.console.session import Viewer
from cloud.core.institution import InstitutionModel, Names
from cloud.energy.carrier import DISPLAY_UNITS, Carrier, from_base
from cloud.energy.consumption import Consumption
from cloud.energy.restatement import Restated, Restatement
from cloud.records.kind import load_kinds
from cloud.reporting.display import unit_text

FIGURES = (("place", False), ("carrier", False), ("before", True), ("now", True), ("why", False))
ENTRIES = ("at", "what", "by", "reason")


class RestatementPanel:
    """Says nothing has changed, or shows every figure that has; without an earlier knowledge it says so."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        say = viewer.say
        self._since = tag(ui.label("").classes("xt-note"), "restated-since")
        figures = [Column(say(f"console.restatement.column.{name}"), right) for name, right in FIGURES]
        self._figures = RowTable(figures, say("console.restatement.none"), "restated")
        entries = [Column(say(f"console.restatement.column.{name}")) for name in ENTRIES]
        self._entries = RowTable(entries, say("console.restatement.no_entry"), "restated-entries")

    def show(self, found: Restatement | None, model: InstitutionModel) -> None:
        say = self._viewer.say
        if found is None:
            self._since.set_text(say("console.restatement.never_issued"))
            self._figures.show([])
            self._entries.show([])
            return
        since = date_time(found.since_ms)
        self._since.set_text(say("console.restatement.since", time=since, n=len(found.figures)))
        self._figures.show([_figure(one, model, self._viewer) for one in found.figures])
        self._entries.show(entry_rows(found, self._viewer))


def _figure(one: Restated, model: InstitutionModel, viewer: Viewer) -> Row:
    cells: tuple[Shown, ...] = (
        viewer.name(_name(one.subject, model)),
        viewer.say(f"energy_account.carrier.{one.carrier}"),
        _amount(one.carrier, one.earlier, viewer),
        _amount(one.carrier, one.later, viewer),
        causes(one, viewer),
    )
    return Row(f"{one.subject}-{one.carrier}", cells)


def causes(one: Restated, viewer: Viewer) -> Cell:
    """What changed the quantity, and below it what changed the cost."""
    unit = unit_text(DISPLAY_UNITS[one.carrier], viewer.language)
    parts = [
        f"{viewer.say(f'report.restatement.cause.{cause}')} {from_base(one.carrier, amount):+,.1f} {unit}"
        for cause, amount in one.quantity_parts.items()
    ]
    quantity = "; ".join(parts) or viewer.say("console.restatement.same_quantity")
    if one.price_fen is None or one.quantity_fen is None:
        return Cell(quantity)
    facts = {"price": f"{one.price_fen / 100:+,.2f}", "quantity": f"{one.quantity_fen / 100:+,.2f}"}
    return Cell(quantity, viewer.say("console.restatement.cost_by", **facts))


def entry_rows(found: Restatement, viewer: Viewer) -> list[Row]:
    """Prices and imports since then, oldest first."""
    prices = [
        (one.known_from_ms, viewer.say("report.restatement.tariff"), one.entered_by, one.reason) for one in found.prices
    ]
    imports = [
        (one.imported_ms, viewer.name(load_kinds()[one.kind].name), one.imported_by, one.file) for one in found.imports
    ]
    return [
        Row(f"{number}", (date_time(at_ms), what, by, reason or MISSING))
        for number, (at_ms, what, by, reason) in enumerate(sorted([*prices, *imports]))
    ]


def _amount(carrier: Carrier, of: Consumption | None, viewer: Viewer) -> Cell:
    if of is None or of.quantity is None:
        return Cell(MISSING)
    unit = unit_text(DISPLAY_UNITS[carrier], viewer.language)
    cost = "" if of.cost_fen is None else f"{yuan(of.cost_fen)} {viewer.say('console.account.yuan')}"
    return Cell(f"{from_base(carrier, of.quantity):,.1f} {unit}", cost)


def _name(subject: str, model: InstitutionModel) -> Names:
    for building in model.buildings:
        if subject == f"building:{building.building_id}":
            return building.name
    return model.institution.name
