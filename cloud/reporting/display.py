"""How figures are shown: the only place of reporting where a number is rounded.

Halves are rounded up, thousands set apart, units written as people write them. What is missing reads "to be
completed" with a number that leads to the reason; never 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from cloud.reporting.document import Cell, Column, Figure
from cloud.reporting.words import Words, say
from foundation.texts import LANGUAGES, Language, load_texts

_UNITS = {"m2": "m²", "m3": "m³", "kgCO2": "kg CO2", "tCO2": "t CO2"}


@dataclass(slots=True)
class Reasons:
    """The reasons of one table or list in the order met, each with its number."""

    language: Language
    keys: list[str] = field(default_factory=list)

    def mark(self, key: str) -> str:
        """The mark of a reason, the same for the same one."""
        if key not in self.keys:
            self.keys.append(key)
        return load_texts()("report.to_be_completed", self.language, n=self.keys.index(key) + 1)

    def notes(self) -> list[str]:
        """What each number stands for."""
        texts = load_texts()
        return [f"[{number}] {texts(key, self.language)}" for number, key in enumerate(self.keys, 1)]


def number_text(value: Decimal | int, decimals: int) -> str:
    """`1234.565, 2` reads `1,234.57`; a zero has no sign."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded if rounded else abs(rounded):,}"


def unit_text(unit: str, language: Language) -> str:
    """A unit as people write it: `kgce/(m2·a)` reads `kgce/(m²·a)`, words in the reader's language."""
    return re.sub(r"\w+", lambda part: _unit(part[0], language), unit)


def unit_words(unit: str) -> Words:
    """The same in every language, for a cell of a table."""
    return {language: unit_text(unit, language) for language in LANGUAGES}


def figure_text(figure: Figure, language: Language, reasons: Reasons) -> str:
    """The number without its unit, or the mark of the reason why there is none."""
    if figure.value is None:
        return reasons.mark(figure.missing or "")
    return number_text(figure.value, figure.decimals)


def cell_text(cell: Cell, column: Column, language: Language, reasons: Reasons) -> str:
    """A cell of a table as text; plain numbers take the decimals of their column."""
    if isinstance(cell, Figure):
        return figure_text(cell, language, reasons)
    if isinstance(cell, Mapping):
        return cell[language]
    if isinstance(cell, Decimal | int):
        return number_text(cell, column.decimals or 0)
    return cell


def heading(column: Column, language: Language) -> str:
    """Title of a column with its unit."""
    unit = unit_text(column.unit, language)
    return f"{column.title[language]} ({unit})" if unit else column.title[language]


def share_text(share: Decimal | None) -> str:
    """A share from 0 to 1 in percent with one decimal; a dash when there is none."""
    return "—" if share is None else f"{number_text(share * 100, 1)} %"


def trust_text(figure: Figure, language: Language) -> str:
    """How complete a figure is and how much of it is estimated, its factor set and remark, as far as they apply."""
    texts, parts = load_texts(), []
    if figure.completeness is not None and figure.value is not None:
        parts.append(texts("report.complete", language, share=share_text(figure.completeness)))
    if figure.estimated_share:
        parts.append(texts("report.estimated", language, share=share_text(figure.estimated_share)))
    if figure.factor_set is not None:
        parts.append(say(f"report.factor_set.{figure.factor_set}")[language])
    if figure.remark is not None:
        parts.append(figure.remark[language])
    return texts("report.separator", language).join(parts)


def _unit(part: str, language: Language) -> str:
    key = f"report.unit.{part}"
    return load_texts()(key, language) if key in load_texts() else _UNITS.get(part, part)
