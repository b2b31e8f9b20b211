"""AuditTrail in SQL: rows are only ever added."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.tables import audit_trail
from cloud.core.audit import AuditEntry
from foundation.clock import Clock


class SqlAuditTrail:
    """Fits the port AuditTrail; stamps the rows itself."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def record(self, *, institution_id: str, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> None:
        values = {
            "institution_id": institution_id,
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": dict(detail),
            "at_ms": self._clock.now_ms(),
        }
        with writing(self._engine) as connection:
            connection.execute(sa.insert(audit_trail).values(**values))

    def recent(self, institution_ids: Collection[str], *, limit: int = 100) -> list[AuditEntry]:
        columns = [column for column in audit_trail.c if column.name != "row_id"]
        query = sa.select(*columns).where(audit_trail.c.institution_id.in_(sorted(institution_ids)))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(audit_trail.c.row_id.desc()).limit(limit)).mappings()
            return [AuditEntry(**row) for row in rows]
