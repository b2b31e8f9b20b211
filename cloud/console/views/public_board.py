"""What an institution shows to everybody: its newest notice, a year's use and counts that name nobody."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cloud.core.access import ANONYMOUS
from cloud.core.institution import Institution
from cloud.desks.disclosure import Disclosure, read_disclosure
from cloud.desks.door import DoorServices
from cloud.desks.public_view import PublicView, public_view
from cloud.reporting.display import number_text, unit_text
from foundation.errors import DomainError
from foundation.texts import Language, load_texts

NOTICE_SECTION = "disclosure"
"""The section of the notice that holds figures; the others tell how it can be verified."""


@dataclass(frozen=True, slots=True)
class PublicBoard:
    """`notice` is None while nothing has been published."""

    view: PublicView
    notice: Disclosure | None


@dataclass(frozen=True, slots=True)
class NoticeFigure:
    """A figure ready to read; `missing` says why there is none."""

    label: str
    text: str
    unit: str
    missing: str


@dataclass(frozen=True, slots=True)
class NoticeTable:
    """A table of the notice; without rows `title` stands alone."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """The figures, tables and remarks of the notice in one language."""

    figures: tuple[NoticeFigure, ...]
    tables: tuple[NoticeTable, ...]
    remarks: tuple[str, ...]


def institutions_shown(services: DoorServices, wanted: str | None) -> list[Institution]:
    """The institution asked for; without a wish all of them; none when there is no such one."""
    known = services.institutions.institutions()
    return [one for one in known if wanted in (None, one.institution_id)]


def read_public_board(services: DoorServices, institution_id: str) -> PublicBoard:
    """Raises DomainError 404 for an institution that does not exist."""
    view = public_view(services, ANONYMOUS, institution_id)
    try:
        return PublicBoard(view, read_disclosure(services, ANONYMOUS, institution_id))
    except DomainError:
        return PublicBoard(view, None)


def notice_of(disclosure: Disclosure, language: Language) -> Notice:
    """The sealed document read in a language: exactly what it says, rounded as it is printed."""
    document = disclosure.document
    blocks = [block for one in document["sections"] if one["id"] == NOTICE_SECTION for block in one["blocks"]]
    reader = _Reader(document["figures"], language)
    return Notice(
        figures=tuple(reader.figure(item) for block in blocks if block["kind"] == "figures" for item in block["items"]),
        tables=tuple(reader.table(block) for block in blocks if block["kind"] == "table"),
        remarks=tuple(block["text"][language] for block in blocks if block["kind"] == "paragraph"),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    figures: dict[str, Any]
    language: Language

    def figure(self, item: dict[str, Any]) -> NoticeFigure:
        found = self.figures[item["figure"]]
        return NoticeFigure(
            label=item["label"][self.language],
            text=self._number(found),
            unit=unit_text(found["unit"], self.language),
            missing=load_texts()(found["missing"], self.language) if found["missing"] else "",
        )

    def table(self, block: dict[str, Any]) -> NoticeTable:
        columns = tuple(self._heading(one) for one in block["columns"])
        rows = tuple(tuple(self._cell(cell) for cell in row) for row in block["rows"])
        return NoticeTable(block["title"][self.language], columns, rows)

    def _heading(self, column: dict[str, Any]) -> str:
        unit = unit_text(column["unit"], self.language)
        title: str = column["title"][self.language]
        return f"{title} ({unit})" if unit else title

    def _cell(self, cell: Any) -> str:
        if isinstance(cell, dict) and "figure" in cell:
            found = self.figures[cell["figure"]]
            return self._number(found) or load_texts()(found["missing"] or "", self.language)
        if isinstance(cell, dict):
            return str(cell[self.language])
        return str(cell)

    def _number(self, figure: dict[str, Any]) -> str:
        if figure["value"] is None:
            return ""
        return number_text(Decimal(figure["value"]), figure["decimals"])
