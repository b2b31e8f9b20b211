"""The figures of a finished report, read from the package that lies on the shelf, in one language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cloud.core.access import Principal
from cloud.desks.door import DoorServices
from cloud.desks.reports import find_order
from cloud.reporting.container import unpack
from cloud.reporting.display import number_text, share_text, unit_text
from cloud.reporting.order import OrderState
from cloud.reporting.verify import DOCUMENT
from foundation.texts import Language, load_texts

MOST_ROWS = 60
"""Longer tables are left to the files of the package."""


@dataclass(frozen=True, slots=True)
class FigureCell:
    """One figure as shown: `missing` is the reason when there is no value, `trust` its cover, estimates and set."""

    text: str
    missing: str = ""
    trust: str = ""
    formula: str = ""


@dataclass(frozen=True, slots=True)
class PreviewTable:
    """`rows` have one cell per column; `left_off` rows more are in the package."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[FigureCell, ...], ...]
    left_off: int = 0


@dataclass(frozen=True, slots=True)
class PreviewSection:
    """Paragraphs and tables in the order of the report; a list of figures is a table too."""

    section_id: str
    title: str
    blocks: tuple[str | PreviewTable, ...]


def read_preview(
    services: DoorServices, principal: Principal, order_id: str, language: Language
) -> tuple[PreviewSection, ...]:
    """Sections of a finished report; empty while it is not done or its package is gone. DomainError 403, 404."""
    order = find_order(services, principal, order_id)
    content = services.shelf.get(order.package) if order.state is OrderState.DONE and order.package else None
    document = (unpack(content) or {}).get(DOCUMENT) if content is not None else None
    return () if document is None else sections_of(json.loads(document), language)


def sections_of(document: Mapping[str, Any], language: Language) -> tuple[PreviewSection, ...]:
    """The sections of `report.json` in one language."""
    reader = _Reader(document.get("figures", {}), language)
    return tuple(
        PreviewSection(
            one["id"], one["title"][language], tuple(found for block in one["blocks"] if (found := reader.block(block)))
        )
        for one in document["sections"]
    )


class _Reader:
    """Knows the figures and the language."""

    def __init__(self, figures: Mapping[str, Any], language: Language) -> None:
        self._figures, self._language, self._texts = figures, language, load_texts()

    def block(self, block: Mapping[str, Any]) -> str | PreviewTable | None:
        """Charts show what stands in a table too, and are left out."""
        if block["kind"] == "paragraph":
            return str(block["text"][self._language])
        if block["kind"] == "figures":
            return self._list(block)
        return self._table(block) if block["kind"] == "table" else None

    def _list(self, block: Mapping[str, Any]) -> PreviewTable:
        """Label, value, and how it came about."""
        rows = []
        for item in block["items"]:
            figure = self._figure(item["figure"], with_unit=True)
            basis = " · ".join(part for part in (figure.formula, figure.trust) if part)
            plain = FigureCell(figure.text, figure.missing)
            rows.append((FigureCell(item["label"][self._language]), plain, FigureCell(basis)))
        return PreviewTable("", (), tuple(rows))

    def _table(self, block: Mapping[str, Any]) -> PreviewTable:
        columns = [self._heading(column) for column in block["columns"]]
        rows = [tuple(self._cell(cell) for cell in row) for row in block["rows"][:MOST_ROWS]]
        left_off = max(0, len(block["rows"]) - MOST_ROWS)
        return PreviewTable(block["title"][self._language], tuple(columns), tuple(rows), left_off)

    def _heading(self, column: Mapping[str, Any]) -> str:
        unit = unit_text(column["unit"], self._language)
        title = str(column["title"][self._language])
        return f"{title} ({unit})" if unit else title

    def _cell(self, cell: Any) -> FigureCell:
        if isinstance(cell, dict) and "figure" in cell:
            return self._figure(cell["figure"], with_unit=False)
        if isinstance(cell, dict):
            return FigureCell(str(cell[self._language]))
        return FigureCell(_number(cell))

    def _figure(self, figure_id: str, *, with_unit: bool) -> FigureCell:
        figure = self._figures[figure_id]
        if figure["value"] is None:
            return FigureCell("", missing=self._texts(figure["missing"], self._language))
        unit = unit_text(figure["unit"], self._language) if with_unit else ""
        text = number_text(Decimal(figure["value"]), figure["decimals"])
        return FigureCell(f"{text} {unit}".rstrip(), "", self._trust(figure), self._formula(figure))

    def _trust(self, figure: Mapping[str, Any]) -> str:
        parts = []
        if figure["completeness"] is not None:
            parts.append(
                self._texts("report.complete", self._language, share=share_text(Decimal(figure["completeness"])))
            )
        if figure["estimated_share"] and Decimal(figure["estimated_share"]):
            parts.append(
                self._texts("report.estimated", self._language, share=share_text(Decimal(figure["estimated_share"])))
            )
        if figure["factor_set"]:
            parts.append(self._texts(f"report.factor_set.{figure['factor_set']}", self._language))
        if figure["remark"]:
            parts.append(str(figure["remark"][self._language]))
        return self._texts("report.separator", self._language).join(parts)

    def _formula(self, figure: Mapping[str, Any]) -> str:
        return self._texts(figure["formula"], self._language) if figure["formula"] else ""


def _number(cell: Any) -> str:
    """Plain numbers of a table come as text or integers; rounded for the eye alone."""
    text = str(cell)
    try:
        value = Decimal(text)
    except ArithmeticError:
        return text
    exponent = value.as_tuple().exponent
    decimals = min(3, -exponent) if isinstance(exponent, int) and exponent < 0 else 0
    return number_text(value, decimals)
