"""One table as lines of JSON, the same whichever engine holds it: its column names, then one array for each row.

JSON columns travel as the text that the database holds. SQLite makes a number of a text that is one, so numbers are
written in one spelling; all else is kept to the letter.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from cloud.backup.manifest import TableContent

_ROWS_AT_ONCE = 2_000
_CHUNK = 1 << 20
_EXACT = 2**53
"""Beyond it not every whole number is a float."""

Convert = Callable[[Any], Any]


class Tally:
    """Rows and digest of what passes: the sum of the hashes of its lines."""

    def __init__(self) -> None:
        self._rows = self._sum = 0

    def add(self, line: bytes) -> None:
        self._rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest()[:16], "big")

    def content(self) -> TableContent:
        return TableContent(rows=self._rows, digest=f"{self._sum % 2**128:032x}")


def lines_of(connection: sa.Connection, table: sa.Table, tally: Tally) -> Iterator[bytes]:
    """The table in the order of its key, in pieces of about a mebibyte."""
    query = sa.select(*(_readable(column, connection) for column in table.columns))
    converts = [_to_text(column.type) for column in table.columns]
    yield _line([column.name for column in table.columns])
    piece = bytearray()
    ordered = query.order_by(*table.primary_key.columns).execution_options(yield_per=_ROWS_AT_ONCE)
    for row in connection.execute(ordered):
        line = _line(_converted(converts, row))
        tally.add(line)
        piece += line
        if len(piece) >= _CHUNK:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def content_of(connection: sa.Connection, table: sa.Table) -> TableContent:
    """Rows and digest of a table as it stands."""
    tally = Tally()
    for _ in lines_of(connection, table, tally):
        pass
    return tally.content()


def enter_lines(connection: sa.Connection, table: sa.Table, lines: Iterable[bytes]) -> None:
    """Enter what `lines_of` gave into an empty table with the same columns; a differing one raises ValueError."""
    reader = iter(lines)
    columns = [table.columns[name] for name in _known(json.loads(next(reader)), table)]
    converts = [_from_text(column.type) for column in columns]
    insert = _insert(connection, table, columns)
    rows: list[dict[str, Any]] = []
    for line in reader:
        values = _converted(converts, json.loads(line))
        rows.append({f"v{place}": value for place, value in enumerate(values)})
        if len(rows) == _ROWS_AT_ONCE:
            connection.execute(insert, rows)
            rows.clear()
    if rows:
        connection.execute(insert, rows)
    _go_on_numbering(connection, table)


def _known(names: Sequence[str], table: sa.Table) -> Sequence[str]:
    if set(names) != set(table.columns.keys()):
        raise ValueError(f"other columns than table {table.name}")
    return names


def _readable(column: sa.Column[Any], connection: sa.Connection) -> sa.ColumnElement[Any]:
    if not isinstance(column.type, sa.JSON):
        return column
    if connection.dialect.name == "postgresql":
        return sa.cast(column, sa.Text)
    # As the driver gives it: a cast would cut numbers short.
    return sa.type_coerce(column, sa.types.NullType())


def _insert(connection: sa.Connection, table: sa.Table, columns: Sequence[sa.Column[Any]]) -> sa.Insert:
    values: dict[str, Any] = {}
    for place, column in enumerate(columns):
        is_json = isinstance(column.type, sa.JSON)
        value: Any = sa.bindparam(f"v{place}", type_=sa.Text() if is_json else column.type)
        if is_json and connection.dialect.name == "postgresql":
            value = sa.cast(value, column.type)
        values[column.name] = value
    return sa.insert(table).values(values)


def _go_on_numbering(connection: sa.Connection, table: sa.Table) -> None:
    """PostgreSQL numbers rows by a counter of its own, which knows nothing of rows that came with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        name = connection.dialect.identifier_preparer.format_table(table)
        counter = connection.execute(sa.select(sa.func.pg_get_serial_sequence(name, column.name))).scalar()
        if counter is not None:
            highest = sa.select(sa.func.max(column)).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(counter, highest)).where(highest.is_not(None)))


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _to_text(kind: sa.types.TypeEngine[Any]) -> Convert:
    if isinstance(kind, sa.JSON):
        return _json_text
    if isinstance(kind, sa.LargeBinary):
        return lambda value: base64.b64encode(value).decode("ascii")
    if isinstance(kind, sa.Date):
        return date.isoformat
    return _same


def _from_text(kind: sa.types.TypeEngine[Any]) -> Convert:
    if isinstance(kind, sa.LargeBinary):
        return base64.b64decode
    if isinstance(kind, sa.Date):
        return date.fromisoformat
    return _same


def _converted(converts: Sequence[Convert], values: Iterable[Any]) -> list[Any]:
    return [value if value is None else convert(value) for convert, value in zip(converts, values, strict=True)]


def _same(value: Any) -> Any:
    return value


def _json_text(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    if not text[:1].isdigit() and text[:1] != "-":
        return text
    number = json.loads(text)
    if isinstance(number, float) and number.is_integer() and abs(number) < _EXACT:
        number = int(number)
    return repr(number)
