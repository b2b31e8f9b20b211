"""What a report consists of, before it has a format: sections of paragraphs, figures, tables and charts.

Figures are exact and traceable: value, unit, formula, inputs, factor set, period, completeness, share of estimates.
They are rounded only where they are shown. A figure that is not known has a reason instead of a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from cloud.reporting.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of a report, or the reason (a text key) why there is none: exactly one of `value` and `missing`.

    `figure_id` is unique in its document; `unit` plain (`kWh`, `m3`, `kgce/m2`, `%`, `yuan`); `decimals` are for
    display alone. `formula` names a text `report.formula.<formula>`; `inputs` are ids of figures, rows of books or
    counters. `completeness` and `estimated_share` are from 0 to 1. `is_detail` keeps it out of the calculation trace:
    its table and the ledger say all there is to say.
    """

    figure_id: str
    value: Decimal | None
    unit: str
    period: str
    decimals: int = 0
    formula: str = ""
    inputs: tuple[str, ...] = ()
    factor_set: str | None = None
    completeness: Decimal | None = None
    estimated_share: Decimal | None = None
    missing: str | None = None
    remark: Words | None = None
    is_detail: bool = False

    def __post_init__(self) -> None:
        if (self.value is None) == (self.missing is None):
            raise ValueError(f"{self.figure_id} needs either a value or the reason why it is missing")


@dataclass(frozen=True, slots=True)
class Item:
    """A figure with its label."""

    label: Words
    figure: Figure


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: Words


@dataclass(frozen=True, slots=True)
class FigureList:
    """Labelled figures below each other; `is_headline` shows them large."""

    items: tuple[Item, ...]
    is_headline: bool = False


Cell = Words | str | int | Decimal | Figure


@dataclass(frozen=True, slots=True)
class Column:
    """`decimals` None is a column of text, else of numbers shown with so many; `weight` is its share of the width."""

    title: Words
    unit: str = ""
    decimals: int | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with one cell per column. `empty` is said when there is no row; `last_is_total` sets the last row apart."""

    title: Words
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: Words
    last_is_total: bool = False

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has more or fewer cells than the table has columns")


@dataclass(frozen=True, slots=True)
class Series:
    """Values along the categories of a chart; None is a gap."""

    name: Words
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side or lines over the same categories, in one unit."""

    title: Words
    kind: Literal["bars", "lines"]
    unit: str
    categories: tuple[Words, ...]
    series: tuple[Series, ...]


Block = Paragraph | FigureList | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """`section_id` is unique in its document."""

    section_id: str
    title: Words
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """`facts` stand at its head: label and value. `subtitle` is the institution and the period."""

    title: Words
    subtitle: Words
    facts: tuple[tuple[Words, Words], ...]
    sections: tuple[Section, ...]
    notice: Words | None = None
    context: Mapping[str, Any] = field(default_factory=dict)

    def figures(self) -> dict[str, Figure]:
        """Every figure by its id; two different ones under one id raise ValueError."""
        found: dict[str, Figure] = {}
        for figure in self._all_figures():
            if found.setdefault(figure.figure_id, figure) != figure:
                raise ValueError(f"two figures are called {figure.figure_id}")
        return found

    def labelled(self) -> dict[str, Words]:
        """Label of every figure that stands in a list."""
        blocks = (block for section in self.sections for block in section.blocks)
        return {
            item.figure.figure_id: item.label
            for block in blocks
            if isinstance(block, FigureList)
            for item in block.items
        }

    def _all_figures(self) -> Iterator[Figure]:
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, FigureList):
                    yield from (item.figure for item in block.items)
                elif isinstance(block, Table):
                    yield from (cell for row in block.rows for cell in row if isinstance(cell, Figure))
