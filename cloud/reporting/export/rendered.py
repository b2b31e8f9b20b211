"""A document in one language as plain texts and fractions: all that a page template needs to know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cloud.reporting.display import (
    Reasons,
    cell_text,
    figure_text,
    heading,
    number_text,
    trust_text,
    unit_text,
)
from cloud.reporting.document import Block, Chart, Document, FigureList, Paragraph, Table
from cloud.reporting.export.axis import axis_of
from foundation.texts import Language, load_texts

_WORDS = ("page",)


def rendered(document: Document, language: Language) -> dict[str, Any]:
    """Head, sections and the few words of the page itself; JSON-like."""
    texts = load_texts()
    return {
        "language": language,
        "title": document.title[language],
        "subtitle": document.subtitle[language],
        "notice": document.notice[language] if document.notice else None,
        "facts": [[label[language], value[language]] for label, value in document.facts],
        "sections": [
            {"title": section.title[language], "blocks": [_block(block, language) for block in section.blocks]}
            for section in document.sections
        ],
        "words": {name: texts(f"report.word.{name}", language) for name in _WORDS},
    }


def _block(block: Block, language: Language) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "text": block.text[language]}
    if isinstance(block, FigureList):
        return _figures(block, language)
    return _table(block, language) if isinstance(block, Table) else _chart(block, language)


def _figures(block: FigureList, language: Language) -> dict[str, Any]:
    reasons = Reasons(language)
    items = [
        {
            "label": item.label[language],
            "value": figure_text(item.figure, language, reasons),
            "unit": unit_text(item.figure.unit, language) if item.figure.value is not None else "",
            "trust": trust_text(item.figure, language),
            "is_missing": item.figure.value is None,
        }
        for item in block.items
    ]
    return {"kind": "headline" if block.is_headline else "figures", "items": items, "notes": reasons.notes()}


def _table(table: Table, language: Language) -> dict[str, Any]:
    reasons = Reasons(language)
    rows = [
        [cell_text(cell, column, language, reasons) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    return {
        "kind": "table",
        "title": table.title[language],
        "columns": [
            {"title": heading(one, language), "is_number": one.decimals is not None, "weight": one.weight}
            for one in table.columns
        ],
        "rows": rows,
        "empty": table.empty[language],
        "last_is_total": table.last_is_total,
        "notes": reasons.notes(),
    }


def _chart(chart: Chart, language: Language) -> dict[str, Any]:
    axis = axis_of([value for series in chart.series for value in series.values if value is not None])
    return {
        "kind": chart.kind,
        "title": f"{chart.title[language]} ({unit_text(chart.unit, language)})",
        "categories": [one[language] for one in chart.categories],
        "zero": axis.place(Decimal(0)),
        "ticks": [{"at": axis.place(tick), "text": number_text(tick, axis.decimals)} for tick in axis.ticks],
        "series": [
            {
                "name": one.name[language],
                "values": [None if value is None else axis.place(value) for value in one.values],
            }
            for one in chart.series
        ],
    }
