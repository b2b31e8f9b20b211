"""Joint cases that wait for the word of one's department."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Cell, Chip, Row
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, has_department
from cloud.console.numbers import near_time
from cloud.console.session import Viewer
from cloud.console.views.mine import cases_to_answer, departments_of
from cloud.core.access import Permission
from cloud.services.joint_case import JointCase

ROWS = 5


@dataclass(frozen=True, slots=True)
class Cases:
    cases: tuple[JointCase, ...]
    now_ms: int


def read(console: Console, viewer: Viewer) -> Cases:
    services, principal = console.services, viewer.principal
    waiting = cases_to_answer(services, principal, departments_of(console.departments, principal))
    return Cases(tuple(waiting[:ROWS]), services.clock.now_ms())


def rows(view: Cases, console: Console, viewer: Viewer) -> list[Row]:
    return [_row(one, view.now_ms, console, viewer) for one in view.cases]


def _row(case: JointCase, now_ms: int, console: Console, viewer: Viewer) -> Row:
    spoken = sum(one.agreed is not None for one in case.approvals)
    names = viewer.say("console.and").join(console.department_name(one.department, viewer) for one in case.approvals)
    due = near_time(case.due_ms, now_ms)
    cells = (
        Cell(case.title, names),
        viewer.say("console.home.cases.spoken", n=spoken, all=len(case.approvals)),
        Chip(due, "red", viewer.say("console.home.overdue")) if now_ms > case.due_ms else due,
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
