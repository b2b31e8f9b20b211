"""One cell into the value of one field, as the kind and the office's own notation want it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from cloud.core.cell_values import (
    DAY_FORMATS,
    TIME_FORMATS,
    day_of,
    flag_of,
    number_of,
    text_of,
    time_ms_of,
    whole_of,
)
from cloud.core.import_mistake import WrongCell
from cloud.core.sheet_header import plain
from cloud.core.sheets import Cell, is_empty
from cloud.records.kind import FieldType, RecordField
from cloud.records.record import FieldValue
from foundation.texts import LANGUAGES, Language, load_texts

FEN_PER_YUAN = 100
_MONEY_SIGNS = re.compile(r"^[¥￥]|元$")


@dataclass(frozen=True, slots=True)
class Notation:
    """How the office's file writes one field otherwise: its words (by their plain form), factor, days and times."""

    words: Mapping[str, str] = field(default_factory=dict)
    factor: Decimal = Decimal(1)
    day_formats: tuple[str, ...] = DAY_FORMATS
    time_formats: tuple[str, ...] = TIME_FORMATS


def convert(cell: Cell, wanted: RecordField, notation: Notation) -> FieldValue:
    """The value of a cell, None when it is empty; raises WrongCell."""
    if isinstance(cell, WrongCell):
        raise cell
    if is_empty(cell):
        if wanted.required:
            raise WrongCell("missing")
        return None
    if isinstance(cell, str):
        cell = notation.words.get(plain(cell), cell)
    value = _CONVERSIONS[wanted.type](cell, wanted, notation)
    if isinstance(value, int | float) and wanted.type in ("integer", "number", "money"):
        _check_range(value, wanted)
    return value


@cache
def choice_label(choice: str, language: Language) -> str:
    """What a person reads for a choice; the choice itself when it has no words."""
    texts, key = load_texts(), f"record.choice.{choice}"
    return texts(key, language) if key in texts else choice


@cache
def _by_word(choices: tuple[str, ...]) -> dict[str, str]:
    """Choices by their own name and by their label in every language."""
    labels = {plain(choice_label(choice, language)): choice for choice in choices for language in LANGUAGES}
    return labels | {plain(choice): choice for choice in choices}


def _choice(cell: Cell, wanted: RecordField, notation: Notation) -> str:
    given = text_of(cell)
    choice = _by_word(wanted.choices).get(plain(given))
    if choice is None:
        raise WrongCell("not_a_choice", given=given, choices=", ".join(wanted.choices))
    return choice


def _money(cell: Cell, wanted: RecordField, notation: Notation) -> int:
    """Whole fen of a number in yuan."""
    if isinstance(cell, str):
        cell = _MONEY_SIGNS.sub("", unicodedata.normalize("NFKC", cell).strip()).strip()
    fen = number_of(cell) * notation.factor * FEN_PER_YUAN
    if fen != fen.to_integral_value():
        raise WrongCell("not_whole_fen", given=str(cell))
    return int(fen)


def _check_range(value: float, wanted: RecordField) -> None:
    shown = value / FEN_PER_YUAN if wanted.type == "money" else value
    if wanted.minimum is not None and shown < wanted.minimum:
        raise WrongCell("too_small", given=f"{shown:g}", minimum=f"{wanted.minimum:g}")
    if wanted.maximum is not None and shown > wanted.maximum:
        raise WrongCell("too_large", given=f"{shown:g}", maximum=f"{wanted.maximum:g}")


_CONVERSIONS: Mapping[FieldType, Callable[[Cell, RecordField, Notation], FieldValue]] = {
    "text": lambda cell, wanted, notation: text_of(cell),
    "choice": _choice,
    "integer": lambda cell, wanted, notation: whole_of(cell, number_of(cell) * notation.factor),
    "number": lambda cell, wanted, notation: float(number_of(cell) * notation.factor),
    "money": _money,
    "day": lambda cell, wanted, notation: day_of(cell, notation.day_formats).isoformat(),
    "time": lambda cell, wanted, notation: time_ms_of(cell, notation.time_formats),
    "flag": lambda cell, wanted, notation: flag_of(cell),
}
