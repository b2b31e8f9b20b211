"""The calculation trace: every figure of a report once, exact, with formula, inputs and how far it can be trusted."""

from __future__ import annotations

from cloud.core.canonical import decimal_text
from cloud.reporting.display import share_text
from cloud.reporting.document import Column, Document, Figure, Section, Table
from cloud.reporting.words import Words, same, say
from foundation.texts import LANGUAGES

MOST_INPUTS = 6
"""More inputs are counted; the ledgers hold them all."""


def trace_table(document: Document) -> Section:
    """A section with one row per figure, in the order of the report."""
    columns = (
        Column(say("report.trace.figure"), weight=1.6),
        Column(say("report.trace.value"), weight=1.4),
        Column(say("report.trace.formula"), weight=1.8),
        Column(say("report.trace.inputs"), weight=2.2),
        Column(say("report.trace.factor_set"), weight=1.2),
        Column(say("report.trace.complete"), weight=0.85),
        Column(say("report.trace.estimated"), weight=0.85),
    )
    rows = tuple(_row(figure) for figure in document.figures().values() if not figure.is_detail)
    table = Table(say("report.trace.table"), columns, rows, say("report.trace.empty"))
    return Section("trace", say("report.trace.title"), (table,))


def _row(figure: Figure) -> tuple[Words | str, ...]:
    return (
        figure.figure_id,
        same(f"{decimal_text(figure.value)} {figure.unit}") if figure.value is not None else say(figure.missing or ""),
        say(figure.formula) if figure.formula else same("—"),
        _inputs(figure.inputs),
        figure.factor_set or "—",
        share_text(figure.completeness),
        share_text(figure.estimated_share),
    )


def _inputs(inputs: tuple[str, ...]) -> Words:
    if len(inputs) <= MOST_INPUTS:
        return same(", ".join(inputs) or "—")
    shown = ", ".join(inputs[:MOST_INPUTS])
    more = say("report.trace.more", n=len(inputs) - MOST_INPUTS)
    return {language: f"{shown} {more[language]}" for language in LANGUAGES}
