"""A report for machines: canonical JSON in which every figure stands once, with all that it was worked out from."""

from __future__ import annotations

import dataclasses
from typing import Any

from cloud.core.canonical import canonical_json
from cloud.reporting.document import Block, Cell, Chart, Document, Figure, FigureList, Paragraph, Section, Table
from cloud.reporting.report import Content

SCHEMA = "xietong.report/1"


def json_bytes(content: Content) -> bytes:
    """The whole report; lists and tables refer to figures by id, the values stand under `figures`."""
    return canonical_json(
        {
            "schema": SCHEMA,
            **_document(content.document),
            "totals": [one.model_dump() for one in content.totals],
            "products": [one.model_dump() for one in content.products],
            "versions": {kind: sorted(set(names)) for kind, names in content.versions.items()},
            "quality": content.quality,
            "ledgers": [one.name for one in content.ledgers],
        }
    )


def _document(document: Document) -> dict[str, Any]:
    return {
        **document.context,
        "title": document.title,
        "subtitle": document.subtitle,
        "facts": [{"label": label, "value": value} for label, value in document.facts],
        "notice": document.notice,
        "sections": [_section(section) for section in document.sections],
        "figures": {name: _figure(figure) for name, figure in document.figures().items()},
    }


def _section(section: Section) -> dict[str, Any]:
    return {"id": section.section_id, "title": section.title, "blocks": [_block(one) for one in section.blocks]}


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "text": block.text}
    if isinstance(block, FigureList):
        items = [{"label": item.label, "figure": item.figure.figure_id} for item in block.items]
        return {"kind": "figures", "items": items}
    return _table(block) if isinstance(block, Table) else _chart(block)


def _table(table: Table) -> dict[str, Any]:
    return {
        "kind": "table",
        "title": table.title,
        "columns": [{"title": column.title, "unit": column.unit} for column in table.columns],
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "kind": chart.kind,
        "title": chart.title,
        "unit": chart.unit,
        "categories": chart.categories,
        "series": [{"name": one.name, "values": one.values} for one in chart.series],
    }


def _cell(cell: Cell) -> Any:
    return {"figure": cell.figure_id} if isinstance(cell, Figure) else cell


def _figure(figure: Figure) -> dict[str, Any]:
    fields = {one.name: getattr(figure, one.name) for one in dataclasses.fields(figure)}
    return {name: value for name, value in fields.items() if name not in ("figure_id", "is_detail")}
