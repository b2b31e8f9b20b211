"""Why the use has changed: the waterfall from the earlier period to this one, and one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nicegui import ui

from cloud.console.components.facts import why
from cloud.console.components.panel import empty
from cloud.console.components.tag import tag
from cloud.console.energy_charts import waterfall_chart
from cloud.console.session import Viewer
from cloud.console.views.energy_month import Bar, EnergyMonth, waterfall
from cloud.energy.change import Change
from cloud.energy.lmdi import Decomposition

LEAST_SHARE = 0.0005
"""Effects below this share of the earlier figure are not told in the sentence."""


class ChangePanel:
    """Drawn anew for each period; changes are decomposed under the calorific convention alone."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._box = tag(ui.element("div").classes("xt-stack"), "change")

    def show(self, month: EnergyMonth) -> None:
        self._box.clear()
        with self._box:
            change = month.view.changes[0]
            if change.decomposition is None:
                reason = self._viewer.say(change.missing or "console.account.unknown")
                empty(self._viewer.say("console.account.no_change", period=str(change.earlier), reason=reason))
                return
            names = {name: self._viewer.say(f"energy_account.factor.{name}") for name in change.decomposition.effects}
            bars = waterfall(change.decomposition, str(change.earlier), str(month.account.period))
            ui.echart(waterfall_chart([_named(bar, names) for bar in bars])).classes("xt-chart")
            why(change_sentence(month, change, change.decomposition, self._viewer), "change-why")


def change_sentence(month: EnergyMonth, change: Change, found: Decomposition, viewer: Viewer) -> str:
    """By how much, and the effects that matter, largest first."""
    before = waterfall(found, "", "")[0].end
    told = sorted(found.effects.items(), key=lambda one: -abs(one[1]))
    parts = [
        viewer.say("console.account.effect", name=viewer.say(f"energy_account.factor.{name}"), amount=f"{value:+,.1f}")
        for name, value in told
        if abs(value) >= LEAST_SHARE * before
    ]
    return viewer.say(
        "console.account.change",
        period=str(month.account.period),
        earlier=str(change.earlier),
        change=f"{found.change:+,.1f}",
        percent=f"{100 * found.change / before:+.1f} %" if before else "—",
        effects=viewer.say("forecast.part_separator").join(parts) or "—",
        weather=viewer.say("console.account.weather" if change.weather else "energy_account.missing.weather"),
    )


def _named(bar: Bar, names: Mapping[str, str]) -> Bar:
    return bar if bar.is_total else replace(bar, name=names[bar.name])
