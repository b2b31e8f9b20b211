"""One cell into the value of one field, exactly: money by Decimal, days and times of the local zone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

from cloud.core.calendar import LOCAL
from cloud.core.import_mistake import WrongCell
from cloud.core.sheet_header import plain
from cloud.core.sheets import Cell, is_empty
from cloud.records.kind import FieldType, RecordField
from cloud.records.record import FieldValue
from foundation.clock import to_ms
from foundation.texts import LANGUAGES, Language, load_texts

DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
TIME_FORMATS = (
    *(f"{day}{between}{clock}" for day in DAY_FORMATS[:3] for between in " T" for clock in ("%H:%M", "%H:%M:%S")),
    *(f"%Y年%m月%d日{clock}" for clock in (" %H:%M", "%H:%M", " %H:%M:%S", "%H:%M:%S", "%H时%M分")),
)
FLAGS = {"是": True, "true": True, "yes": True, "y": True, "1": True, "√": True} | {
    "否": False, "false": False, "no": False, "n": False, "0": False, "×": False,
}  # fmt: skip
MOST_LETTERS = 500
MOST_NUMBER = Decimal(10) ** 15
"""Above it a spreadsheet has already dropped digits."""

FEN_PER_YUAN = 100
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?")
_MONEY_SIGNS = re.compile(r"^[¥￥]|元$")
# Read leniently, seven digits could be two different days.
_COMPACT_DAY, _COMPACT_LETTERS = "%Y%m%d", 8
_FIRST, _LAST = date(1900, 1, 1), date(2200, 1, 1)


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


def _text(cell: Cell, wanted: RecordField, notation: Notation) -> str:
    if isinstance(cell, bool):
        text = "true" if cell else "false"
    elif isinstance(cell, int | float):
        text = _digits(cell)
    elif isinstance(cell, datetime) and cell.time() == time():
        text = cell.date().isoformat()
    else:
        text = str(cell).strip()
    if len(text) > MOST_LETTERS:
        raise WrongCell("too_long", most=MOST_LETTERS)
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise WrongCell("control_character")
    return text


def _digits(number: float) -> str:
    """A number in a column of texts, such as an account: as a person sees it, unless digits are lost."""
    exact = _decimal(number)
    if isinstance(number, float) and abs(exact) >= MOST_NUMBER:
        raise WrongCell("shortened_number")
    return f"{exact:f}"


def _choice(cell: Cell, wanted: RecordField, notation: Notation) -> str:
    given = _text(cell, wanted, notation)
    choice = _by_word(wanted.choices).get(plain(given))
    if choice is None:
        raise WrongCell("not_a_choice", given=given, choices=", ".join(wanted.choices))
    return choice


def _integer(cell: Cell, wanted: RecordField, notation: Notation) -> int:
    exact = _number_of(cell) * notation.factor
    if exact != exact.to_integral_value():
        raise WrongCell("not_whole", given=str(cell))
    return int(exact)


def _number(cell: Cell, wanted: RecordField, notation: Notation) -> float:
    return float(_number_of(cell) * notation.factor)


def _money(cell: Cell, wanted: RecordField, notation: Notation) -> int:
    if isinstance(cell, str):
        cell = _MONEY_SIGNS.sub("", unicodedata.normalize("NFKC", cell).strip()).strip()
    fen = _number_of(cell) * notation.factor * FEN_PER_YUAN
    if fen != fen.to_integral_value():
        raise WrongCell("not_whole_fen", given=str(cell))
    return int(fen)


def _number_of(cell: Cell) -> Decimal:
    """The exact number of a cell; in a text only digits, a sign, a point and commas between thousands."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        exact = _decimal(cell)
    else:
        text = unicodedata.normalize("NFKC", cell).strip() if isinstance(cell, str) else ""
        if not _NUMBER.fullmatch(text) or not any(letter.isdigit() for letter in text):
            raise WrongCell("not_a_number", given=str(cell))
        exact = Decimal(text.replace(",", ""))
    if not exact.is_finite() or abs(exact) > MOST_NUMBER:
        raise WrongCell("number_too_large", given=str(cell))
    return exact


def _decimal(number: float) -> Decimal:
    # A spreadsheet keeps 15 digits; what stands behind them is noise of the binary fraction.
    return Decimal(number) if isinstance(number, int) else Decimal(f"{number:.15g}")


def _check_range(value: float, wanted: RecordField) -> None:
    shown = value / FEN_PER_YUAN if wanted.type == "money" else value
    if wanted.minimum is not None and shown < wanted.minimum:
        raise WrongCell("too_small", given=f"{shown:g}", minimum=f"{wanted.minimum:g}")
    if wanted.maximum is not None and shown > wanted.maximum:
        raise WrongCell("too_large", given=f"{shown:g}", maximum=f"{wanted.maximum:g}")


def _day(cell: Cell, wanted: RecordField, notation: Notation) -> str:
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise WrongCell("not_a_day", given=str(cell))
        day = cell.date()
    elif isinstance(cell, date):
        day = cell
    else:
        day = _parsed(cell, notation.day_formats, "not_a_day").date()
    if not _FIRST <= day < _LAST:
        raise WrongCell("not_a_day", given=str(cell))
    return day.isoformat()


def _time(cell: Cell, wanted: RecordField, notation: Notation) -> int:
    """A time without offset is local; a day alone is refused, as midnight would be a guess."""
    moment = (
        cell if isinstance(cell, datetime) else _parsed(cell, notation.time_formats, "not_a_time", with_offset=True)
    )
    if not _FIRST <= moment.date() < _LAST:
        raise WrongCell("not_a_time", given=str(cell))
    if isinstance(cell, datetime):
        # Spreadsheets keep a time as a fraction of a day, which misses the second by a little.
        moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=LOCAL))


def _parsed(cell: Cell, formats: tuple[str, ...], code: str, *, with_offset: bool = False) -> datetime:
    text = unicodedata.normalize("NFKC", cell).strip() if isinstance(cell, str) else ""
    for one in formats:
        if one == _COMPACT_DAY and len(text) != _COMPACT_LETTERS:
            continue
        try:
            return datetime.strptime(text, one)  # noqa: DTZ007 (the zone is given by the caller)
        except ValueError:
            continue
    if with_offset and "T" in text:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise WrongCell(code, given=str(cell))


def _flag(cell: Cell, wanted: RecordField, notation: Notation) -> bool:
    if isinstance(cell, bool):
        return cell
    given = _text(cell, wanted, notation)
    if plain(given) not in FLAGS:
        raise WrongCell("not_a_flag", given=given)
    return FLAGS[plain(given)]


_CONVERSIONS: Mapping[FieldType, Callable[[Cell, RecordField, Notation], FieldValue]] = {
    "text": _text,
    "choice": _choice,
    "integer": _integer,
    "number": _number,
    "money": _money,
    "day": _day,
    "time": _time,
    "flag": _flag,
}
