"""What must be true of a database that is older than the world around it.

Edges have obeyed commands, people have signed out and tokens were withdrawn since the backup was made. A counter that
went back would have every command refused as a replay; a command sent before could be sent twice.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import writing
from cloud.adapters.sql.institution_tables import institution
from cloud.adapters.sql.tables import account_token, audit_trail, command, counter, event_cursor, setting
from cloud.core.command_record import CommandState
from cloud.jobs.feed_boards import CONSUMER

RESTORED, EVERYWHERE = "restored", ""
"""Name of the setting, of no institution, that tells when a backup was made and brought back."""

_COUNTERS = "command:%"
_UNDECIDED = (CommandState.APPROVED, CommandState.SENT)


def catch_up(connection: sa.Connection, now_ms: int, made_ms: int, by: str, *, keep_tokens: bool) -> None:
    """Bring a restored database into the present, inside the caller's transaction."""
    # No issuer gives a thousand commands a second for long: the time in milliseconds is ahead of all it can have given.
    ahead = sa.update(counter).where(counter.c.name.like(_COUNTERS), counter.c.value < now_ms)
    connection.execute(ahead.values(value=now_ms))
    # Whether they were sent and obeyed after the backup only the edge knows; its receipt may still say so.
    unanswered = sa.and_(command.c.state.in_(_UNDECIDED), command.c.receipt.is_(None))
    connection.execute(sa.update(command).where(unanswered).values(state=CommandState.UNKNOWN))
    if not keep_tokens:
        connection.execute(
            sa.update(account_token).where(account_token.c.withdrawn_ms.is_(None)).values(withdrawn_ms=now_ms)
        )
    # The boards' events are not in the archive: they are published anew.
    connection.execute(sa.delete(event_cursor).where(event_cursor.c.consumer == CONSUMER))
    _note(connection, {"made_ms": made_ms, "restored_ms": now_ms})
    told = {"action": "backup.restore", "subject": "cloud", "detail": {"made_ms": made_ms}}
    enter_audit(connection, now_ms, by, told)


def enter_audit(connection: sa.Connection, now_ms: int, by: str, told: dict[str, Any]) -> None:
    """One row in the audit trail of every institution."""
    ids = connection.execute(sa.select(institution.c.institution_id).distinct()).scalars().all()
    rows = [{"institution_id": one, "actor": by, "at_ms": now_ms, **told} for one in sorted(ids)]
    if rows:
        connection.execute(sa.insert(audit_trail), rows)


def audit_backup(engine: sa.Engine, now_ms: int, by: str, archive: str) -> None:
    """Whoever can read an archive has read everything: that one was made is told to every institution."""
    told = {"action": "backup.make", "subject": "cloud", "detail": {"archive": archive}}
    with writing(engine) as connection:
        enter_audit(connection, now_ms, by, told)


def _note(connection: sa.Connection, note: dict[str, int]) -> None:
    mine = sa.and_(setting.c.institution_id == EVERYWHERE, setting.c.name == RESTORED)
    connection.execute(sa.delete(setting).where(mine))
    connection.execute(sa.insert(setting).values(institution_id=EVERYWHERE, name=RESTORED, value=note))
