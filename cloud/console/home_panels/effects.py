"""What automatic actions have saved, each with the interval it is known within and the sentence on how."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nicegui import ui

from cloud.console.components.facts import why
from cloud.console.components.row_table import Cell, Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show, answering
from cloud.console.numbers import age, near_time, show
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.core.access import Permission
from cloud.core.period import DAY_MS
from cloud.desks.forecasts import read_effects
from cloud.energy.effect import Effect
from cloud.energy.forecast_words import effect_sentence

ROWS, SUMMED_DAYS = 5, 30
MOST_READ = 1_000


@dataclass(frozen=True, slots=True)
class Effects:
    """The newest first; `saved_wh` over the last 30 days, None when there was none."""

    newest: tuple[Effect, ...]
    saved_wh: float | None
    count: int
    places: Places
    now_ms: int


def read(console: Console, viewer: Viewer) -> Effects:
    now_ms = console.services.clock.now_ms()
    found = read_effects(console.services, viewer.principal, limit=MOST_READ)
    late = [one.saved_wh for one in found if one.end_ms >= now_ms - SUMMED_DAYS * DAY_MS]
    saved_wh = math.fsum(late) if late else None
    return Effects(tuple(found[:ROWS]), saved_wh, len(late), console.places(viewer), now_ms)


def build(console: Console, viewer: Viewer) -> Show:
    """The sum, and a row for each action that opens to its sentence."""
    say = viewer.say
    known: dict[str, Effect] = {}

    async def on_press(name: str, button: str) -> None:
        sentence.clear()
        with sentence:
            why(effect_sentence(known[name], viewer.language))

    total = tag(ui.label("").classes("xt-panel-number"), "saved")
    columns = [Column(say(f"console.home.effect.{one}"), right=one == "saved") for one in ("when", "where", "saved")]
    table = RowTable(columns, say("console.home.effect.none"), "effects", on_press)
    sentence = ui.element("div")

    def showing(view: Effects) -> None:
        known.update((one.effect_id, one) for one in view.newest)
        amount = show(view.saved_wh, "Wh")
        total.set_text(say("console.home.effect.total", saved=amount, n=view.count, days=SUMMED_DAYS))
        table.show([_row(one, view, viewer) for one in view.newest])

    return showing


def _row(one: Effect, view: Effects, viewer: Viewer) -> Row:
    span = age(one.start_ms, one.end_ms, viewer.language)
    cells = (
        Cell(near_time(one.start_ms, view.now_ms), span),
        viewer.name(view.places.device_name(one.group, one.device)),
        Cell(str(show(one.saved_wh, "Wh", decimals=2)), _interval(one)),
    )
    return Row(one.effect_id, cells)


def _interval(one: Effect) -> str:
    return f"{show(one.low_wh, 'Wh', decimals=2).text} – {show(one.high_wh, 'Wh', decimals=2).text}"


PANEL = HomePanel(
    title="console.home.effect.title",
    permission=Permission.READ_ENERGY,
    weight=16,
    side="right",
    read=read,
    build=build,
    applies=answering("energy.threshold_breach"),
    more="/energy",
    age_s=15.0,
)
