"""What the next seven days will probably bring, by department or by rule, with the sentence on how it is reckoned."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import events, ui

from cloud.console.components.facts import why
from cloud.console.components.panel import panel
from cloud.console.components.row_table import Cell, Column, Row, RowTable
from cloud.console.components.span_bar import span_bar
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.numbers import date_time
from cloud.console.risk_words import percent
from cloud.console.session import Viewer
from cloud.console.views.risk_register import ChanceLine, WeekOutlook
from cloud.risk.incidence import PRIOR_EVENTS, PRIOR_WEEKS
from cloud.risk.prediction import HORIZON_DAYS
from cloud.risk.rule_words import name_of

BY_DEPARTMENT, BY_RULE = "department", "rule"


class OutlookPanel:
    """The most probable first."""

    def __init__(self, console: Console, viewer: Viewer) -> None:
        self._console, self._viewer = console, viewer
        self._by, self._outlook = BY_DEPARTMENT, WeekOutlook(None)
        say = viewer.say
        with panel(say("console.outlook.heading", days=f"{HORIZON_DAYS:g}"), classes="xt-outlook") as head:
            with head:
                ui.element("div").classes("xt-grow")
                options = {one: say(f"console.outlook.by.{one}") for one in (BY_DEPARTMENT, BY_RULE)}
                toggle = ui.toggle(options, value=self._by, on_change=self._choose)
                tag(toggle, "outlook-by").props("dense unelevated no-caps").classes("xt-toggle")
            columns = [
                Column(say(f"console.outlook.{name}"), right=name == "rate") for name in ("what", "rate", "chance")
            ]
            self._table = RowTable(columns, say("console.outlook.none"), "outlook")
            priors = {"events": f"{PRIOR_EVENTS:g}", "weeks": f"{PRIOR_WEEKS:g}", "days": f"{HORIZON_DAYS:g}"}
            why(say("console.outlook.why", **priors), "outlook-why")
            self._made = ui.label("").classes("xt-note")

    def show(self, outlook: WeekOutlook) -> None:
        self._outlook = outlook
        lines = outlook.departments if self._by == BY_DEPARTMENT else outlook.rules
        self._table.show(self._rows(lines))
        made = outlook.made_ms
        self._made.set_text(self._viewer.say("console.outlook.made", time=date_time(made)) if made is not None else "")

    def _choose(self, event: events.ValueChangeEventArguments[str]) -> None:
        self._by = str(event.value)
        self.show(self._outlook)

    def _rows(self, lines: Sequence[ChanceLine]) -> list[Row]:
        return [
            Row(
                one.name,
                (
                    self._name(one.name),
                    Cell(f"{one.rate_per_week:.2f}", _span(one)),
                    span_bar(percent(one.probability, self._viewer), one.probability),
                ),
            )
            for one in lines
        ]

    def _name(self, name: str) -> str:
        if self._by == BY_DEPARTMENT:
            return self._console.department_name(name, self._viewer)
        return f"{name_of(name, self._viewer.language)} · {name}"


def _span(line: ChanceLine) -> str:
    return "" if line.low is None or line.high is None else f"{line.low:.2f}–{line.high:.2f}"
