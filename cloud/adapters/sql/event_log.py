"""EventLog in SQL. Positions follow the order of commits, so a consumer that reads on never passes one by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import advance, upsert
from cloud.adapters.sql.tables import event_cursor, event_log
from cloud.core.event import Event, LoggedEvent, Severity

_COUNTER = "event_log"
_CHUNK = 500


class SqlEventLog:
    """Fits the port EventLog."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def append(self, events: Sequence[Event]) -> list[LoggedEvent]:
        if not events:
            return []
        with writing(self._engine) as connection:
            # Holding the counter keeps other writers out: an event_id is looked up and entered in one go.
            advance(connection, _COUNTER, 0)
            fresh = _fresh(connection, events)
            if not fresh:
                return []
            last = advance(connection, _COUNTER, len(fresh))
            logged = [LoggedEvent(last - len(fresh) + 1 + place, event) for place, event in enumerate(fresh)]
            connection.execute(sa.insert(event_log), [_values(one) for one in logged])
        return logged

    def after(self, position: int, limit: int = 500) -> list[LoggedEvent]:
        query = sa.select(event_log).where(event_log.c.position > position).order_by(event_log.c.position).limit(limit)
        return self._read(query)

    def find(self, event_ids: Collection[str]) -> list[LoggedEvent]:
        ids = sorted(event_ids)
        chunks = [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
        found = [
            one for chunk in chunks for one in self._read(sa.select(event_log).where(event_log.c.event_id.in_(chunk)))
        ]
        return sorted(found, key=lambda one: one.position)

    def recent(
        self,
        institution_ids: Collection[str],
        *,
        departments: Collection[str] | None = None,
        restricted_of: Collection[str] = (),
        limit: int = 100,
    ) -> list[LoggedEvent]:
        query = sa.select(event_log).where(event_log.c.institution_id.in_(sorted(institution_ids)))
        if departments is not None:
            query = query.where(event_log.c.department.in_(sorted(departments)))
        is_open = sa.or_(~event_log.c.is_restricted, event_log.c.department.in_(sorted(restricted_of)))
        query = query.where(is_open)
        return self._read(query.order_by(event_log.c.position.desc()).limit(limit))

    def cursor(self, consumer: str) -> int:
        query = sa.select(event_cursor.c.position).where(event_cursor.c.consumer == consumer)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar() or 0

    def advance(self, consumer: str, position: int) -> None:
        with writing(self._engine) as connection:
            upsert(connection, event_cursor, {"consumer": consumer}, {"position": position})

    def _read(self, query: sa.Select[Any]) -> list[LoggedEvent]:
        with reading(self._engine) as connection:
            return [_logged(row) for row in connection.execute(query)]


def _fresh(connection: sa.Connection, events: Sequence[Event]) -> list[Event]:
    by_id: dict[str, Event] = {}
    for event in events:
        by_id.setdefault(event.event_id, event)
    ids = list(by_id)
    for start in range(0, len(ids), _CHUNK):
        query = sa.select(event_log.c.event_id).where(event_log.c.event_id.in_(ids[start : start + _CHUNK]))
        for known in connection.execute(query).scalars():
            del by_id[known]
    return list(by_id.values())


def _values(logged: LoggedEvent) -> dict[str, Any]:
    event = logged.event
    return {
        "position": logged.position,
        "event_id": event.event_id,
        "institution_id": event.institution_id,
        "kind": event.kind,
        "department": event.department,
        "severity": int(event.severity),
        "subject": event.subject,
        "occurred_ms": event.occurred_ms,
        "received_ms": event.received_ms,
        "is_late": event.is_late,
        "is_restricted": event.is_restricted,
        "data": dict(event.data),
    }


def _logged(row: sa.Row[Any]) -> LoggedEvent:
    values = dict(row._mapping)
    position = values.pop("position")
    return LoggedEvent(position, Event(**{**values, "severity": Severity(values["severity"])}))
