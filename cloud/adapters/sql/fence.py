"""Writing as the primary only: every transaction that writes checks the number of the lease that it stands on.

A process that was frozen while another took over still believes in its lease when it wakes. The check and the write
are one transaction, and who takes over waits for those that are under way, so no late write can slip through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import is_writing
from cloud.adapters.sql.ingest_tables import ingest_lease
from cloud.core.ingest_lease import Lease, LeaseLost

IDLE_WITHIN_MS = 3_000
"""A frozen process may keep a row locked no longer: PostgreSQL ends its transaction, and the next one may have it."""


def fenced(engine: sa.Engine, lease: Lease) -> sa.Engine:
    """The same database; `writing` on it raises LeaseLost once somebody else has taken the lease."""
    guarded = engine.execution_options()
    check: Callable[[sa.Connection], None] = lambda connection: _check(connection, lease)  # noqa: E731
    sa.event.listen(guarded, "begin", check)
    return guarded


def bound_idle(connection: sa.Connection) -> None:
    """Have PostgreSQL end this transaction when its process stops in the middle of it."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(_bounded()))


def _check(connection: sa.Connection, lease: Lease) -> None:
    if not is_writing(connection):
        return
    mine = sa.and_(ingest_lease.c.host_id == lease.host_id, ingest_lease.c.fence == lease.fence)
    query: sa.Select[Any] = sa.select(ingest_lease.c.fence).where(mine)
    if connection.dialect.name == "postgresql":
        query = query.add_columns(_bounded()).with_for_update(read=True, key_share=True)
    if connection.execute(query).one_or_none() is None:
        raise LeaseLost(f"another process is host {lease.host_id} now")


def _bounded() -> sa.ColumnElement[str]:
    return sa.func.set_config("idle_in_transaction_session_timeout", str(IDLE_WITHIN_MS), sa.true())
