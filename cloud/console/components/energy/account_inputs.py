"""What the figures of an account rest on: carriers times factors, formulas, quotas, and published averages."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.energy.energy_tiles import convention_name
from cloud.console.components.facts import why
from cloud.console.components.row_table import Chip, Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.numbers import MISSING, grouped
from cloud.console.session import Viewer
from cloud.console.views.energy_month import EnergyMonth
from cloud.desks.energy_account import Convention
from cloud.energy.quota import Peer, Verdict
from cloud.reporting.display import unit_text
from foundation.texts import load_texts

VERDICT_TONES = {Verdict.ADVANCED: "good", Verdict.GOOD: "good", Verdict.PASS: "yellow", Verdict.OVER: "red"}


class AccountInputs:
    """Drawn anew for each period and convention."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._box = tag(ui.element("div").classes("xt-stack"), "account-inputs")

    def show(self, month: EnergyMonth, factor_set_id: str) -> None:
        found, say = month.convention(factor_set_id), self._viewer.say
        self._box.clear()
        with self._box:
            why(say("energy_account.formula.energy") + " · " + convention_name(factor_set_id, self._viewer))
            with ui.element("div").classes("xt-grid xt-grid-half"):
                with ui.element("div").classes("xt-stack"):
                    self._table(("carrier", "amount", "factor", "coal"), _terms(found, self._viewer), "coal-terms")
                    ui.label(say("console.account.quotas")).classes("xt-field-title")
                    judged = _judgements(found, self._viewer)
                    self._table(("indicator", "value", "levels", "verdict"), judged, "judgements")
                with ui.element("div").classes("xt-stack"):
                    ui.label(say("console.account.peers")).classes("xt-field-title")
                    self._table(("indicator", "value", "average", "ratio"), _peers(month, found, self._viewer), "peers")
                    ui.label(say("console.account.peers_caveat")).classes("xt-note")

    def _table(self, columns: tuple[str, ...], rows: list[Row], marker: str) -> None:
        heads = [
            Column(self._viewer.say(f"console.account.column.{name}"), right=place > 0, nowrap=place > 0)
            for place, name in enumerate(columns)
        ]
        nothing = {"coal-terms": "console.account.unknown", "judgements": "energy_account.no_quota"}
        RowTable(heads, self._viewer.say(nothing.get(marker, "console.account.no_peers")), marker).show(rows)


def _terms(found: Convention, viewer: Viewer) -> list[Row]:
    energy = found.indicators.energy
    return [
        Row(
            str(term.carrier),
            (
                viewer.say(f"energy_account.carrier.{term.carrier}"),
                f"{grouped(float(term.amount), 1)} {unit_text(term.unit, viewer.language)}",
                f"× {term.factor} kgce/{unit_text(term.unit, viewer.language)}",
                f"{grouped(float(term.kgce), 1)} kgce",
            ),
        )
        for term in (energy.terms if energy else ())
    ]


def _judgements(found: Convention, viewer: Viewer) -> list[Row]:
    return [
        Row(
            f"{place}",
            (
                indicator_name(one.quota.indicator, viewer),
                f"{one.value:,.2f}",
                " / ".join(str(level or MISSING) for level in (one.quota.advanced, one.quota.normal, one.quota.upper)),
                Chip(
                    viewer.say(f"energy_account.verdict.{one.verdict}"), VERDICT_TONES[one.verdict], one.quota.standard
                ),
            ),
        )
        for place, one in enumerate(found.judgements)
    ]


def _peers(month: EnergyMonth, found: Convention, viewer: Viewer) -> list[Row]:
    own = found.indicators.by_name()
    rows = []
    for place, peer in enumerate(month.view.peers):
        value = own[peer.indicator].value
        ratio = MISSING if value is None else f"{float(value / peer.value):.2f}"
        shown = MISSING if value is None else f"{value:,.2f}"
        average = f"{peer.value:,} {unit_text(peer.unit, viewer.language)}"
        rows.append(Row(f"{place}", (peer_name(peer, viewer), shown, average, ratio)))
    return rows


def peer_name(peer: Peer, viewer: Viewer) -> str:
    """`Energy per square metre · national, all, 2020`."""
    return f"{indicator_name(peer.indicator, viewer)} · {group_name(peer.region, peer.group, viewer)} {peer.year}"


def group_name(region: str, group: str, viewer: Viewer) -> str:
    """A group of institutions whose average was published."""
    texts = load_texts()
    names = (f"console.account.region.{region}", f"console.account.group.{group}")
    return " ".join(viewer.say(key) if key in texts else key.rpartition(".")[2] for key in names)


def indicator_name(name: str, viewer: Viewer) -> str:
    """An indicator of the account by its code."""
    key = f"report.figure.{name}"
    return viewer.say(key) if key in load_texts() else name
