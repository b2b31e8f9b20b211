"""What a person's cell means, exactly: numbers by Decimal, days and times of the local zone, texts in one line."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from cloud.core.calendar import LOCAL
from cloud.core.import_mistake import WrongCell
from cloud.core.sheet_header import plain
from cloud.core.sheets import Cell
from foundation.clock import to_ms

DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
TIME_FORMATS = (
    *(f"{day}{between}{clock}" for day in DAY_FORMATS[:3] for between in " T" for clock in ("%H:%M", "%H:%M:%S")),
    *(f"%Y年%m月%d日{clock}" for clock in (" %H:%M", "%H:%M", " %H:%M:%S", "%H:%M:%S", "%H时%M分")),
)
FLAGS = dict.fromkeys(("是", "true", "yes", "y", "1", "√"), True) | dict.fromkeys(
    ("否", "false", "no", "n", "0", "×"), False
)
MOST_LETTERS = 500
MOST_NUMBER = Decimal(10) ** 15
"""Above it a spreadsheet has already dropped digits."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?")
# Read leniently, seven digits could be two different days.
_COMPACT_DAY, _COMPACT_LETTERS = "%Y%m%d", 8
_FIRST, _LAST = date(1900, 1, 1), date(2200, 1, 1)


def text_of(cell: Cell) -> str:
    """One line without outer blanks; a number as a person sees it. Raises WrongCell."""
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


def number_of(cell: Cell) -> Decimal:
    """The exact number; in a text only digits, a sign, a point and commas between thousands. Raises WrongCell."""
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


def whole_of(cell: Cell, exact: Decimal) -> int:
    """`exact`, which the cell means, as a whole number; raises WrongCell."""
    if exact != exact.to_integral_value():
        raise WrongCell("not_whole", given=str(cell))
    return int(exact)


def day_of(cell: Cell, formats: tuple[str, ...] = DAY_FORMATS) -> date:
    """A local day; raises WrongCell."""
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise WrongCell("not_a_day", given=str(cell))
        day = cell.date()
    elif isinstance(cell, date):
        day = cell
    else:
        day = _parsed(cell, formats, "not_a_day").date()
    if not _FIRST <= day < _LAST:
        raise WrongCell("not_a_day", given=str(cell))
    return day


def time_ms_of(cell: Cell, formats: tuple[str, ...] = TIME_FORMATS) -> int:
    """UTC milliseconds; without offset it is local. A day alone is refused, as midnight would be a guess."""
    moment = cell if isinstance(cell, datetime) else _parsed(cell, formats, "not_a_time", with_offset=True)
    if not _FIRST <= moment.date() < _LAST:
        raise WrongCell("not_a_time", given=str(cell))
    if isinstance(cell, datetime):
        # Spreadsheets keep a time as a fraction of a day, which misses the second by a little.
        moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=LOCAL))


def flag_of(cell: Cell) -> bool:
    """Yes or no; raises WrongCell."""
    if isinstance(cell, bool):
        return cell
    given = text_of(cell)
    if plain(given) not in FLAGS:
        raise WrongCell("not_a_flag", given=given)
    return FLAGS[plain(given)]


def _digits(number: float) -> str:
    """A number in a column of texts, such as an account: as a person sees it, unless digits are lost."""
    exact = _decimal(number)
    if isinstance(number, float) and abs(exact) >= MOST_NUMBER:
        raise WrongCell("shortened_number")
    return f"{exact:f}"


def _decimal(number: float) -> Decimal:
    # A spreadsheet keeps 15 digits; what stands behind them is noise of the binary fraction.
    return Decimal(number) if isinstance(number, int) else Decimal(f"{number:.15g}")


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
