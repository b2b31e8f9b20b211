"""Risks as rows: colour and score, what was found and where, who answers, how far it is, until when."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable
from cloud.console.components.severity import severity_chip
from cloud.console.context import Console
from cloud.console.numbers import near_time
from cloud.console.risk_words import RiskWords
from cloud.console.session import Viewer
from cloud.console.views.risk_register import is_overdue
from cloud.risk.risk import Risk, RiskStatus
from cloud.risk.rule_words import name_of

COLUMNS = ("colour", "risk", "where", "department", "score", "status", "opened", "due")
NOT_WRAPPED = ("colour", "department", "score", "opened", "due")
STATUS_TONES = {RiskStatus.OPEN: "orange", RiskStatus.TREATING: "blue", RiskStatus.CLOSED: "good"}


class RiskTable:
    """Each row leads to its case page."""

    def __init__(self, console: Console, viewer: Viewer) -> None:
        self._console, self._viewer = console, viewer
        columns = [Column(viewer.say(f"console.register.{name}"), nowrap=name in NOT_WRAPPED) for name in COLUMNS]
        self._table = RowTable(columns, viewer.say("console.register.none"), "risks")

    def show(self, risks: Sequence[Risk], words: RiskWords, now_ms: int) -> None:
        self._table.show([self._row(one, words, now_ms) for one in risks])

    def _row(self, risk: Risk, words: RiskWords, now_ms: int) -> Row:
        viewer = self._viewer
        finding = words.finding(risk.rule_id, risk.institution_id, risk.subject, risk.data)
        due = near_time(risk.due_ms, now_ms)
        cells = (
            severity_chip(risk.colour, viewer),
            Cell(f"{name_of(risk.rule_id, viewer.language)} · {risk.rule_id}", finding),
            self._where(risk, words),
            self._console.department_name(risk.department, viewer),
            Cell(str(risk.score), f"{risk.likelihood} × {risk.consequence}"),
            status_chip(risk, viewer),
            near_time(risk.opened_ms, now_ms),
            Chip(due, "red", viewer.say("console.register.overdue")) if is_overdue(risk, now_ms) else due,
        )
        return Row(risk.risk_id, cells, f"/risks/{risk.risk_id}", 1)

    def _where(self, risk: Risk, words: RiskWords) -> str | Cell:
        where = words.subject(risk.institution_id, risk.subject)
        is_one_of_many = len(self._viewer.principal.institution_ids) > 1
        return Cell(where, words.institution(risk.institution_id)) if is_one_of_many else where


def status_chip(risk: Risk, viewer: Viewer) -> Chip:
    """How far it is; once closed, what it was."""
    label = viewer.say(f"risk.label.{risk.label.value}") if risk.label is not None else ""
    return Chip(viewer.say(f"risk.status.{risk.status.value}"), STATUS_TONES.get(risk.status, ""), label)
