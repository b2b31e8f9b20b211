"""Joint cases that wait for the word of one's department."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Cell, Row
from cloud.console.components.service.case_table import title_of
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, has_department
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.console.views.case_board import CaseLine
from cloud.console.views.mine import cases_to_answer
from cloud.core.access import Permission

ROWS = 5


@dataclass(frozen=True, slots=True)
class Cases:
    lines: tuple[CaseLine, ...]
    words: ServiceWords
    now_ms: int


def read(console: Console, viewer: Viewer) -> Cases:
    waiting = cases_to_answer(console.services, viewer.principal)[:ROWS]
    return Cases(tuple(waiting), read_service_words(console, viewer), console.services.clock.now_ms())


def rows(view: Cases, console: Console, viewer: Viewer) -> list[Row]:
    return [_row(one, view) for one in view.lines]


def _row(line: CaseLine, view: Cases) -> Row:
    case, words = line.case, view.words
    spoken = sum(one.agreed is not None for one in case.approvals)
    names = words.viewer.say("console.and").join(words.department(one.department) for one in case.approvals)
    cells = (
        Cell(title_of(line, words), names),
        words.viewer.say("console.home.cases.spoken", n=spoken, all=len(case.approvals)),
        words.due(case.due_ms, view.now_ms),
    )
    return Row(case.case_id, cells, f"/cases/{case.case_id}")


PANEL = HomePanel(
    title="console.home.cases.title",
    permission=Permission.READ_CASES,
    weight=33,
    side="right",
    read=read,
    build=table_of(
        "my-cases",
        ("console.home.cases.case", "console.home.cases.words", "console.home.due"),
        "console.home.cases.none",
        rows,
    ),
    applies=has_department,
    more="/cases",
)
