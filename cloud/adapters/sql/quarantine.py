"""Quarantine in SQL: bytes that could not be understood, kept as they came."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import institution_of
from cloud.adapters.sql.tables import quarantine


class SqlQuarantine:
    """Fits the port Quarantine."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(self, *, topic: str, payload: bytes, reason: str, at_ms: int, stream: str = "", spool: int = 0) -> None:
        """Keep the payload; what an edge sends again in the same row is kept once."""
        with writing(self._engine) as connection:
            values = {
                "institution_id": institution_of(connection, _group(topic)),
                "topic": topic,
                "payload": payload,
                "reason": reason,
                "at_ms": at_ms,
                "stream": stream,
                "spool": spool,
            }
            if not stream or not _is_kept(connection, stream, spool, payload, reason):
                connection.execute(sa.insert(quarantine).values(**values))

    def counts(self) -> Mapping[str, int]:
        """`malformed` = payloads without a known stream and row, `known` = those with one."""
        is_known = quarantine.c.stream != ""
        query = sa.select(is_known, sa.func.count()).group_by(is_known)
        with reading(self._engine) as connection:
            found = {bool(known): count for known, count in connection.execute(query)}
        return {"malformed": found.get(False, 0), "known": found.get(True, 0)}


def _is_kept(connection: sa.Connection, stream: str, spool: int, payload: bytes, reason: str) -> bool:
    same_row = sa.and_(quarantine.c.stream == stream, quarantine.c.spool == spool)
    same_fault = sa.and_(quarantine.c.payload == payload, quarantine.c.reason == reason)
    query = sa.select(quarantine.c.row_id).where(same_row, same_fault).limit(1)
    return connection.execute(query).scalar() is not None


def _group(topic: str) -> str:
    # spBv1.0/<group>/<message type>/<node>[/<device>]
    return [*topic.split("/"), ""][1]
