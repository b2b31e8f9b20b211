"""The risk library as rows: how severe, in force or not, how often right, what it may bring within a week."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cloud.console.components.row_table import Buttons, Cell, Chip, Column, OnPress, Row, RowTable, Shown
from cloud.console.components.severity import severity_chip
from cloud.console.components.span_bar import span_bar
from cloud.console.context import Console
from cloud.console.numbers import MISSING
from cloud.console.risk_words import percent
from cloud.console.session import Viewer
from cloud.core.access import Permission, Role
from cloud.desks.rules import RuleView
from cloud.risk.rule_words import name_of

APPROVE = "approve"
COLUMNS = ("rule", "severity", "state", "precision", "labels", "rate", "chance")
RIGHT = ("labels", "rate")


class RuleTable:
    """Pressing a row opens its definition; heads of the answering department may approve what is in shadow."""

    def __init__(self, console: Console, viewer: Viewer, on_press: OnPress) -> None:
        self._console, self._viewer = console, viewer
        columns = [Column(viewer.say(f"console.rule.{name}"), right=name in RIGHT) for name in COLUMNS]
        self._table = RowTable(columns, viewer.say("console.rule.none"), "rules", on_press)

    def show(self, rules: Sequence[RuleView], chosen: str) -> None:
        self._table.show([self._row(one, is_chosen=one.rule.rule_id == chosen) for one in rules])

    def _row(self, view: RuleView, *, is_chosen: bool) -> Row:
        rule, viewer = view.rule, self._viewer
        department = self._console.department_name(view.department, viewer)
        cells = (
            Cell(f"{rule.rule_id} {name_of(rule.rule_id, viewer.language)}", department),
            severity_chip(rule.severity, viewer),
            self._state(view),
            precision_cell(view, viewer),
            MISSING if view.precision is None else f"{view.precision.labels:,}",
            *chance_cells(view, viewer),
        )
        return Row(rule.rule_id, cells, is_chosen=is_chosen)

    def _state(self, view: RuleView) -> Shown:
        if not view.is_in_force and may_approve(view, self._viewer):
            return Buttons(((APPROVE, self._viewer.say("console.rule.approve")),))
        return state_chip(view, self._viewer)


def state_chip(view: RuleView, viewer: Viewer) -> Chip:
    """In force or in shadow, what its labels propose, and whether it concerns persons."""
    say = viewer.say
    proposal = view.precision.proposal if view.precision is not None else None
    below = say(f"console.rule.proposal.{proposal.value}") if proposal is not None else ""
    if not below and view.rule.is_restricted:
        below = say("console.rule.about_persons")
    if view.is_in_force:
        return Chip(say("console.rule.in_force"), "good", below)
    return Chip(say("console.rule.in_shadow"), "yellow", below)


def precision_cell(view: RuleView, viewer: Viewer) -> Shown:
    """Mean with the central 90 %; a dash with the reason where the figures are not this person's."""
    one = view.precision
    if one is None:
        return Cell(MISSING, viewer.say("console.rule.not_yours"))
    return span_bar(percent(one.mean, viewer), one.mean, one.low, one.high)


def chance_cells(view: RuleView, viewer: Viewer) -> tuple[Shown, Shown]:
    """Rate per week and probability within the horizon, over all institutions in view."""
    outlooks = list(view.outlooks.values())
    if not outlooks:
        return MISSING, MISSING
    rate = math.fsum(one.rate_per_week for one in outlooks)
    chance = 1 - math.prod(1 - one.probability for one in outlooks)
    return f"{rate:.2f}", span_bar(percent(chance, viewer), chance)


def may_approve(view: RuleView, viewer: Viewer) -> bool:
    """Whether the button is worth showing; the desk decides."""
    principal = viewer.principal
    is_head = Role.DEPARTMENT_HEAD in principal.roles and principal.department == view.department
    return view.rule.is_restricted and is_head and viewer.may(Permission.APPROVE_RULE)
