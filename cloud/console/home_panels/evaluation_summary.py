"""The newest published evaluation in short, for those who judge and not for those who are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from cloud.console.components.facts import why
from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable, Shown
from cloud.console.components.span_bar import span_bar
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show
from cloud.console.numbers import MISSING
from cloud.console.session import Viewer
from cloud.core.access import Permission, Role
from cloud.evaluation.order_degree import Method
from cloud.evaluation.score import Evaluation

JUDGES = frozenset({Role.SUPERIOR, Role.AUDITOR, Role.ADMINISTRATOR})


def read(console: Console, viewer: Viewer) -> tuple[Evaluation, ...]:
    """The newest of every institution in scope."""
    newest: dict[str, Evaluation] = {}
    for one in console.services.evaluation.evaluations.evaluations(viewer.principal.institution_ids, limit=100):
        newest.setdefault(one.institution_id, one)
    return tuple(newest[name] for name in sorted(newest))


def build(console: Console, viewer: Viewer) -> Show:
    """One row for each department, and the sentence on how they move together."""
    say = viewer.say
    synergy = tag(ui.element("div").classes("xt-stack"), "synergy")
    titles = ("department", "machine", "human", "overall")
    columns = [Column(say(f"console.home.evaluation.{one}")) for one in titles]
    table = RowTable(columns, say("console.home.evaluation.none"), "evaluation-summary")

    def show(evaluations: tuple[Evaluation, ...]) -> None:
        synergy.clear()
        with synergy:
            for one in evaluations:
                why(_sentence(one, console, viewer), f"synergy-{one.institution_id}")
        rows = [_row(one, row, console, viewer) for one in evaluations for row in one.content["matrix"]["rows"]]
        table.show(rows)

    return show


def _sentence(evaluation: Evaluation, console: Console, viewer: Viewer) -> str:
    terms = evaluation.content["synergy"][Method.GEOMETRIC.value]
    if "degree" not in terms:
        return viewer.say(
            "console.home.evaluation.no_synergy", period=evaluation.period, why=viewer.say(terms["missing"])
        )
    falling = viewer.say("console.and").join(console.department_name(one, viewer) for one in terms["falling"])
    return viewer.say(
        "console.home.evaluation.synergy",
        period=evaluation.period,
        degree=f"{terms['degree']:+.3f}",
        band=viewer.say(f"evaluation.band.{terms['band']}"),
        falling=falling or viewer.say("console.home.evaluation.nobody"),
    )


def _row(evaluation: Evaluation, row: Mapping[str, Any], console: Console, viewer: Viewer) -> Row:
    department = row["department"]
    overall: Shown = _bar(row["overall"])
    if row["overall"] is None:
        overall = Chip(viewer.say(f"console.home.evaluation.hidden.{row['hidden']}"), "yellow")
    coverage = viewer.say("console.home.evaluation.coverage", n=f"{100 * row['coverage']:.0f}")
    name = Cell(console.department_name(department, viewer), coverage)
    cells = (name, _bar(row["machine"]), _bar(row["human"]), overall)
    return Row(f"{evaluation.institution_id}-{department}", cells)


def _bar(score: float | None) -> Shown:
    return Chip(MISSING) if score is None else span_bar(f"{score:.2f}", score)


PANEL = HomePanel(
    title="console.home.evaluation.title",
    permission=Permission.READ_EVALUATION,
    weight=40,
    side="right",
    roles=JUDGES,
    read=read,
    build=build,
    more="/evaluation",
    age_s=60.0,
)
