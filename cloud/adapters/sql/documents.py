"""Values kept whole as JSON beside the few columns that are searched: one shape for every book of aggregates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import lock, upsert
from cloud.adapters.sql.tables import METADATA, text
from foundation.errors import DomainError

Value = TypeVar("Value")
CONTENT = "content"


def document_table(name: str, *columns: sa.Column[Any] | sa.Index, key: tuple[str, ...]) -> sa.Table:
    """A table of documents: the texts of its key, the institution, the columns searched, the content."""
    keys = [text(one, primary_key=True) for one in key]
    owner = [] if "institution_id" in key else [text("institution_id", index=True)]
    return sa.Table(name, METADATA, *keys, *owner, *columns, sa.Column(CONTENT, sa.JSON, nullable=False))


class Documents(Generic[Value]):
    """The documents of one table; `kind` is a frozen dataclass whose fields are JSON-like or dataclasses of such."""

    def __init__(self, engine: sa.Engine, table: sa.Table, kind: type[Value]) -> None:
        self.engine, self.table = engine, table
        self._adapter: TypeAdapter[Value] = TypeAdapter(kind)

    def save(self, value: Value) -> None:
        """Enter the value, or replace the one with the same key."""
        with writing(self.engine) as connection:
            self.put(connection, value)

    def put(self, connection: sa.Connection, value: Value) -> None:
        """`save` within a transaction of the caller's."""
        columns = self.columns(value)
        key = {column.name: columns.pop(column.name) for column in self.table.primary_key}
        upsert(connection, self.table, key, columns)

    def columns(self, value: Value) -> dict[str, Any]:
        """What the row holds: fields of the value by the names of the columns, and all of it as content."""
        content = self._adapter.dump_python(value, mode="json")
        searched = [column.name for column in self.table.c if column.name != CONTENT]
        return {**{name: content.get(name) for name in searched}, CONTENT: content}

    def find(self, **key: str) -> Value | None:
        where = sa.and_(*(self.table.c[name] == given for name, given in key.items()))
        with reading(self.engine) as connection:
            return self.get(connection, where)

    def change(self, by: Callable[[Value], Value], **key: str) -> Value:
        """Replace a document by what `by` makes of it, whatever others change at the same time; DomainError 404."""
        where = sa.and_(*(self.table.c[name] == given for name, given in key.items()))
        with writing(self.engine) as connection:
            lock(connection, self.table.name)
            known = self.get(connection, where)
            if known is None:
                raise DomainError("error.not_found", 404)
            changed = by(known)
            if changed != known:
                self.put(connection, changed)
        return changed

    def get(self, connection: sa.Connection, where: sa.ColumnElement[bool]) -> Value | None:
        """The one document there, within a transaction of the caller's."""
        content = connection.execute(sa.select(self.table.c[CONTENT]).where(where)).scalar()
        return None if content is None else self.value(content)

    def select(
        self, *where: sa.ColumnElement[bool], order: sa.ColumnElement[Any] | None = None, limit: int | None = None
    ) -> list[Value]:
        """Documents that meet every condition, in `order`."""
        query = sa.select(self.table.c[CONTENT]).where(*where)
        if order is not None:
            query = query.order_by(order)
        with reading(self.engine) as connection:
            return [self.value(content) for content in connection.execute(query.limit(limit)).scalars()]

    def value(self, content: Mapping[str, Any]) -> Value:
        return self._adapter.validate_python(content)


def in_scope(table: sa.Table, institution_ids: Any) -> sa.ColumnElement[bool]:
    """Rows of these institutions; None means every institution."""
    if institution_ids is None:
        return sa.true()
    return table.c.institution_id.in_(sorted(institution_ids))


def opened_in(column: sa.Column[Any], start_ms: int, end_ms: int | None) -> sa.ColumnElement[bool]:
    """Rows whose time lies in start <= time < end."""
    return column >= start_ms if end_ms is None else sa.and_(column >= start_ms, column < end_ms)
