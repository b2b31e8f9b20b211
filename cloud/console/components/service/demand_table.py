"""Demands as rows: each with its evidence in one sentence, its weeks, its trend, and what can be relied on."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cloud.console.components.row_table import Cell, Column, Markup, Row, RowTable
from cloud.console.components.span_bar import span_bar
from cloud.console.numbers import MISSING
from cloud.console.risk_words import percent
from cloud.console.service_words import ServiceWords
from cloud.console.session import Viewer
from cloud.services.catalogue import load_services
from cloud.services.demand import Demand, Reason
from cloud.services.demand_words import sentence, title
from cloud.services.share import Share

COLUMNS = ("rank", "demand", "department", "volume", "weeks", "trend", "on_time", "satisfied", "unmet")
RIGHT = ("rank", "volume")
BAR_PX = 22


class DemandTable:
    """The most pressing first."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        columns = [
            Column(viewer.say(f"console.demand.{one}"), right=one in RIGHT, nowrap=one != "demand") for one in COLUMNS
        ]
        self._table = RowTable(columns, viewer.say("console.demand.none"), "demands")

    def show(self, demands: Sequence[Demand], words: ServiceWords) -> None:
        self._table.show([self._row(number, one, words) for number, one in enumerate(demands, 1)])

    def _row(self, rank: int, demand: Demand, words: ServiceWords) -> Row:
        say = self._viewer.say
        cells = (
            f"{rank}",
            self._told(demand),
            words.department(demand.department),
            Cell(f"{demand.volume:,}", say("console.demand.share", share=percent(demand.share, self._viewer))),
            weeks_bars(demand.weeks),
            self._trend(demand),
            self._share(demand.on_time, "console.demand.not_done"),
            self._lower(demand.satisfied),
            Cell(f"{demand.unmet.hits:,}", percent(demand.unmet.value or 0.0, self._viewer)),
        )
        return Row(f"{demand.service}-{demand.topic or ''}", cells)

    def _told(self, demand: Demand) -> Markup:
        """Its name, a flag for a surge, and the sentence of evidence."""
        service = load_services()[demand.service]
        name = escape(title(demand, service, self._viewer.language))
        told = escape(sentence(demand, service, self._viewer.language))
        is_surge = demand.reason is Reason.SURGE
        flag = f' <span class="xt-chip xt-tone-red">{escape(self._viewer.say("console.demand.surge"))}</span>'
        return Markup(f'<b>{name}</b>{flag if is_surge else ""}<div class="xt-below">{told}</div>')

    def _trend(self, demand: Demand) -> Cell:
        say, trend = self._viewer.say, demand.trend
        if trend is None:
            return Cell(MISSING, say("console.demand.trend_none"))
        arrow = "" if not trend.is_sure else "↗ " if trend.per_week > 0 else "↘ "
        below = say("console.demand.trend_sure" if trend.is_sure else "console.demand.trend_unsure")
        return Cell(arrow + say("console.demand.per_week", n=f"{trend.per_week:+.2f}"), below)

    def _share(self, share: Share, missing: str) -> Cell | Markup:
        if share.value is None:
            return Cell(MISSING, self._viewer.say(missing))
        return span_bar(percent(share.value, self._viewer), share.value)

    def _lower(self, share: Share) -> Cell | Markup:
        """What can be relied on of the satisfaction, with the counts."""
        if share.low is None:
            return Cell(MISSING, self._viewer.say("console.demand.no_ratings"))
        counts = escape(self._viewer.say("console.demand.of", hits=share.hits, total=share.total))
        bar = span_bar(percent(share.low, self._viewer), share.low)
        return Markup(f'{bar.html}<div class="xt-below">{counts}</div>')


def weeks_bars(weeks: Sequence[int]) -> Markup:
    """A small bar per week, oldest first; an empty week keeps its place."""
    most = max(weeks, default=0) or 1
    bars = "".join(f'<i style="height:{max(1, round(BAR_PX * one / most))}px" title="{one}"></i>' for one in weeks)
    return Markup(f'<span class="xt-weeks">{bars}</span>')
