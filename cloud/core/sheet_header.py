"""Finds the row of titles in a sheet and which column holds what; people write titles with blanks and wide brackets."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from cloud.core.sheets import Cell, Sheet, SheetRow

ROWS_LOOKED_AT = 20
"""Above the titles many offices write the name of the table."""


@dataclass(frozen=True, slots=True)
class Header:
    """`columns` are places by field, `titles` the titles as written by field.

    `ignored` are titles that mean nothing here, `twice` those of a field that already has a column.
    """

    row: int
    columns: Mapping[str, int]
    titles: Mapping[str, str]
    ignored: tuple[str, ...]
    twice: tuple[str, ...]


def plain(title: str) -> str:
    """A title or name without what people write differently: width, case, blanks."""
    return "".join(unicodedata.normalize("NFKC", title).casefold().split())


def find_header(sheet: Sheet, meanings: Mapping[str, str], row: int | None = None) -> Header | None:
    """The titles in `row`, or in the first row that holds most known ones; None when there are none.

    `meanings` are fields by plain title.
    """
    candidates = [one for one in sheet.rows if (one.number == row if row else one.number <= ROWS_LOOKED_AT)]
    headers = [_header(one, meanings) for one in candidates]
    best = max(headers, key=lambda header: len(header.columns), default=None)
    return best if best and best.columns else None


def _header(row: SheetRow, meanings: Mapping[str, str]) -> Header:
    columns: dict[str, int] = {}
    titles: dict[str, str] = {}
    ignored: list[str] = []
    twice: list[str] = []
    for place, cell in enumerate(row.cells):
        title = _title(cell)
        name = meanings.get(plain(title))
        if not title:
            continue
        if name is None:
            ignored.append(title)
        elif name in columns:
            twice.append(title)
        else:
            columns[name], titles[name] = place, title
    return Header(row.number, columns, titles, tuple(ignored), tuple(twice))


def _title(cell: Cell) -> str:
    return " ".join(cell.split()) if isinstance(cell, str) else ""
