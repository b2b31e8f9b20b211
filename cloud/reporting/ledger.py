"""Ledger: rows of a report as a CSV file in one exact spelling, with a link of the hash chain for every row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cloud.core.canonical import canonical_json, decimal_text
from cloud.reporting.hashing import CHAIN_START, SHA256, chain, next_link

BOM = b"\xef\xbb\xbf"
"""Without it a spreadsheet program takes UTF-8 for the code page of its country."""

LINE_END = b"\r\n"
CHAIN_SUFFIX = ".chain"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t")

LedgerCell = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """A file `name` (ending in `.csv`) of rows with one cell per column; None is an empty cell, a figure not known."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[LedgerCell, ...], ...]

    @property
    def chain_name(self) -> str:
        return self.name + CHAIN_SUFFIX

    def cells(self) -> Iterator[dict[str, str]]:
        """Every row as its cells' text by column: what the chain and the Merkle tree are made of."""
        for row in self.rows:
            yield dict(zip(self.columns, map(cell_text, row), strict=True))


def cell_text(cell: LedgerCell) -> str:
    """How a cell is written: numbers plain, text on one line and never as a spreadsheet formula."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return decimal_text(cell)
    if isinstance(cell, int):
        return str(cell)
    text = " ".join(cell.replace("\0", " ").splitlines())
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_bytes(ledger: Ledger) -> bytes:
    """The file: byte order mark, header, one line per row."""
    lines = [line_bytes(ledger.columns), *(line_bytes(list(row.values())) for row in ledger.cells())]
    return BOM + b"".join(line + LINE_END for line in lines)


def chain_bytes(ledger: Ledger, hash_name: str = SHA256) -> bytes:
    """The file beside it: the link of each row on a line of its own."""
    return "".join(f"{link}\n" for link in chain(ledger.cells(), hash_name)).encode()


def leaves(cells: Iterator[dict[str, str]]) -> list[bytes]:
    """Rows as leaves of the Merkle tree."""
    return [canonical_json(row) for row in cells]


def line_bytes(cells: Sequence[str]) -> bytes:
    """A line of the file without its end; no cell spans lines."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue().encode()


def line_cells(line: bytes) -> list[str] | None:
    """The cells of a line in the exact spelling of `line_bytes`; None for any other line."""
    try:
        rows = list(csv.reader([line.decode()], strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    return rows[0] if len(rows) == 1 and line_bytes(rows[0]) == line else None


@dataclass(frozen=True, slots=True)
class ReadLedger:
    """A ledger file as found: `cells` of every line behind the header, None for a line of another spelling."""

    has_header: bool
    cells: tuple[dict[str, str] | None, ...]
    ends_clean: bool


def read_ledger(content: bytes, columns: Sequence[str]) -> ReadLedger:
    """Take a file apart that may have been changed anywhere."""
    header, *lines = content.split(LINE_END)
    read = tuple(_row(line, columns) for line in lines[:-1])
    # What follows the last line end must be nothing, otherwise it is one more line that was cut or added.
    rest = () if lines and not lines[-1] else (None,)
    return ReadLedger(header == BOM + line_bytes(columns), read + (rest if lines else ()), bool(lines) and not rest)


def first_broken_row(read: ReadLedger, links: Sequence[str], hash_name: str) -> int | None:
    """Number of the first row, from 1, that does not lead to its link; None when every link is met."""
    previous = CHAIN_START
    for number, link in enumerate(links, 1):
        row = read.cells[number - 1] if number <= len(read.cells) else None
        if row is None or next_link(previous, row, hash_name) != link:
            return number
        previous = link
    return len(links) + 1 if len(read.cells) > len(links) else None


def _row(line: bytes, columns: Sequence[str]) -> dict[str, str] | None:
    cells = line_cells(line)
    return dict(zip(columns, cells, strict=True)) if cells is not None and len(cells) == len(columns) else None


def sums(rows: Sequence[Mapping[str, str]], column: str, where: Mapping[str, str]) -> Decimal:
    """Exact sum of a column over the rows with these cells; an empty cell raises ValueError."""
    chosen = [row[column] for row in rows if all(row[name] == wanted for name, wanted in where.items())]
    if any(not cell for cell in chosen):
        raise ValueError(f"{column} has an empty cell")
    return sum((Decimal(cell) for cell in chosen), Decimal(0))
