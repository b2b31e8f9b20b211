"""Six figures of an energy account: standard coal under one named convention, intensities, carbon, cost, verdict."""

from __future__ import annotations

from decimal import Decimal

from nicegui import ui

from cloud.console.components.tiles import Tile
from cloud.console.numbers import MISSING, Shown, grouped
from cloud.console.session import Viewer
from cloud.console.views.energy_month import EnergyMonth, cost_of, worst_judgement
from cloud.energy.factor_set import EQUIVALENT, factor_set
from cloud.energy.intensity import Amount
from cloud.energy.quota import Verdict
from cloud.reporting.display import unit_text

FEN_PER_YUAN = 100
TILES = ("energy", "per_m2", "per_person", "carbon", "cost", "quota")

Filled = tuple[Shown, str, bool]
"""Number, line below, and whether it alarms."""


class EnergyTiles:
    """`show` fills them; a figure that is not known says why below its dash."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        with ui.element("div").classes("xt-tiles xt-tiles-told"):
            self._tiles = {name: Tile(viewer.say(f"console.account.tile.{name}"), f"tile-{name}") for name in TILES}

    def show(self, month: EnergyMonth, factor_set_id: str) -> None:
        for name, (shown, below, is_alarming) in tile_figures(month, factor_set_id, self._viewer).items():
            self._tiles[name].show(shown, below, is_alarming=is_alarming)


def tile_figures(month: EnergyMonth, factor_set_id: str, viewer: Viewer) -> dict[str, Filled]:
    """Every tile under one convention; the other one has no part in any of them."""
    found = month.convention(factor_set_id).indicators
    named = convention_name(factor_set_id, viewer)
    return {
        "energy": amount_tile(found.energy_kgce, named, viewer, decimals=0),
        "per_m2": amount_tile(found.energy_per_m2, viewer.say("console.account.per_year", convention=named), viewer),
        "per_person": amount_tile(
            found.energy_per_person, viewer.say("console.account.per_year", convention=named), viewer, decimals=1
        ),
        "carbon": _carbon(month, viewer),
        "cost": _cost(month, viewer),
        "quota": _quota(month, factor_set_id, viewer),
    }


def convention_name(factor_set_id: str, viewer: Viewer) -> str:
    """Which convention a figure in standard coal is given in."""
    kind = "calorific" if factor_set(factor_set_id).is_calorific else "equivalent"
    return viewer.say(f"console.account.convention.{kind}")


def amount_tile(amount: Amount, below: str, viewer: Viewer, *, decimals: int = 2) -> Filled:
    unit = unit_text(amount.unit, viewer.language)
    if amount.value is None:
        return Shown(MISSING, unit), viewer.say(amount.missing or "console.account.unknown"), False
    return Shown(grouped(float(amount.value), decimals), unit), below, False


def yuan(fen: int | None) -> str:
    """Whole fen as yuan with two decimals; a dash for None."""
    return MISSING if fen is None else f"{Decimal(fen) / FEN_PER_YUAN:,.2f}"


def _carbon(month: EnergyMonth, viewer: Viewer) -> Filled:
    carbon = month.view.carbon
    if carbon is None:
        missing = month.convention(EQUIVALENT).indicators.energy_kgce.missing
        return Shown(MISSING, "t"), viewer.say(missing or "console.account.unknown"), False
    below = "console.account.carbon_provisional" if carbon.is_provisional else "console.account.carbon_final"
    return Shown(grouped(float(carbon.kg) / 1000, 1), "t"), viewer.say(below), False


def _cost(month: EnergyMonth, viewer: Viewer) -> Filled:
    cost, unit = cost_of(month.account.whole), viewer.say("console.account.yuan")
    if cost.fen is None:
        return Shown(MISSING, unit), viewer.say("console.account.no_cost"), False
    names = viewer.say("console.and").join(viewer.say(f"energy_account.carrier.{one}") for one in cost.unpriced)
    below = viewer.say("console.account.cost_without", carriers=names) if names else viewer.say("console.account.cost")
    return Shown(grouped(cost.fen / FEN_PER_YUAN, 0), unit), below, False


def _quota(month: EnergyMonth, factor_set_id: str, viewer: Viewer) -> Filled:
    worst = worst_judgement(month.convention(factor_set_id).judgements)
    if worst is None:
        return Shown(MISSING), viewer.say("energy_account.no_quota"), False
    below = viewer.say(
        "console.account.judged",
        value=f"{worst.value:,.2f}",
        upper=f"{worst.quota.upper:,}",
        unit=unit_text(worst.quota.unit, viewer.language),
        standard=worst.quota.standard,
    )
    verdict = viewer.say(f"console.account.verdict.{worst.verdict}")
    return Shown(verdict), below, worst.verdict is Verdict.OVER
