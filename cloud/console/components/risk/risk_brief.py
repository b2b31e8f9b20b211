"""A risk as one row of a short table: how bad, what was found, since when; the row leads to its case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.console.components.row_table import Cell, Row
from cloud.console.components.severity import severity_chip
from cloud.console.numbers import near_time
from cloud.console.risk_words import RiskWords
from cloud.risk.risk import Risk
from cloud.risk.rule_words import name_of


@dataclass(frozen=True, slots=True)
class RiskList:
    """Risks in the order in which they are shown, at `now_ms`."""

    risks: tuple[Risk, ...]
    words: RiskWords
    now_ms: int


def brief_rows(found: RiskList, *, with_institution: bool = False) -> Sequence[Row]:
    """Severity, finding, and the institution or the time."""
    return [_row(one, found, with_institution=with_institution) for one in found.risks]


def _row(risk: Risk, found: RiskList, *, with_institution: bool) -> Row:
    words = found.words
    finding = words.finding(risk.rule_id, risk.institution_id, risk.subject, risk.data)
    opened = near_time(risk.opened_ms, found.now_ms)
    cells = (
        severity_chip(risk.colour, words.viewer),
        Cell(name_of(risk.rule_id, words.viewer.language), finding),
        Cell(words.institution(risk.institution_id), opened) if with_institution else opened,
    )
    return Row(risk.risk_id, cells, f"/risks/{risk.risk_id}", 1)
