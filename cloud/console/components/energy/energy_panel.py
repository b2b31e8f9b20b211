"""Today's electricity by sub-item and building, with what is missing said in words."""

from __future__ import annotations

from nicegui import ui

from cloud.console import theme
from cloud.console.chart_options import Options, bar_chart
from cloud.console.components.panel import panel
from cloud.console.numbers import percent, show
from cloud.console.session import Viewer
from cloud.console.views.energy_today import EnergyToday
from cloud.console.views.places import SUB_ITEMS, Places


def energy_options(today: EnergyToday, places: Places, viewer: Viewer) -> Options:
    """One bar per sub-item, one part per building; a part without a figure is left out, not drawn as zero."""
    buildings = sorted({building for _, building in today.parts} | set(today.mains))
    names = {building: viewer.name(places.building_name(building)) for building in buildings}
    parts = {names[building]: [_amount(today, sub_item, building) for sub_item in SUB_ITEMS] for building in buildings}
    colours = {names[building]: theme.series_colour(place) for place, building in enumerate(buildings)}
    return bar_chart([viewer.say(f"console.sub_item.{one}") for one in SUB_ITEMS], parts, "Wh", colours)


def _amount(today: EnergyToday, sub_item: str, building: str) -> float | None:
    known = today.parts.get((sub_item, building))
    return known.amount if known else None


def shares(today: EnergyToday, viewer: Viewer) -> list[tuple[str, str, str]]:
    """Rows (sub-item, energy, share of all sub-items) under the chart; a missing figure reads as a dash."""
    by_item = {sub_item: today.of_sub_item(sub_item) for sub_item in SUB_ITEMS}
    whole = sum(amount.amount for amount in by_item.values() if amount)
    rows = []
    for sub_item, amount in by_item.items():
        share = percent(amount.amount, whole) if amount else None
        shown = show(amount.amount if amount else None, "Wh", decimals=0)
        rows.append((viewer.say(f"console.sub_item.{sub_item}"), str(shown), "—" if share is None else f"{share} %"))
    return rows


def missing_note(today: EnergyToday, viewer: Viewer) -> str:
    """What the figures lack: meters without a reading today, and interpolated parts. Empty when they lack nothing."""
    notes = []
    if today.unmeasured:
        notes.append(viewer.say("console.energy.unmeasured", n=len(today.unmeasured), first=today.unmeasured[0]))
    total = today.total
    if total and total.estimated:
        notes.append(viewer.say("console.energy.estimated", energy=str(show(total.estimated, "Wh"))))
    return " ".join(notes)


class EnergyPanel:
    """The bars and the table of shares."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        note = viewer.say("console.energy.since_midnight")
        with panel(viewer.say("console.energy.title"), classes="xt-energy", note=note):
            self._chart = ui.echart(bar_chart([], {}, "Wh", {})).classes("xt-chart")
            self._rows = ui.element("dl").classes("xt-shares")
            self._missing = ui.label("").classes("xt-note")

    def show(self, today: EnergyToday, places: Places) -> None:
        self._chart.options.clear()
        self._chart.options.update(energy_options(today, places, self._viewer))
        self._missing.set_text(missing_note(today, self._viewer))
        self._rows.clear()
        with self._rows:
            for name, energy, share in shares(today, self._viewer):
                with ui.element("div").classes("xt-share"):
                    for text, style in ((name, "dt"), (energy, "dd"), (share, "dd")):
                        with ui.element(style):
                            ui.label(text)
