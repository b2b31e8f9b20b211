"""The newest rows of the audit trail: who changed what."""

from __future__ import annotations

import json

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Cell, Row
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel
from cloud.console.numbers import near_time
from cloud.console.session import Viewer
from cloud.core.access import Permission
from cloud.core.audit import AuditEntry
from cloud.desks.audit import audit_for

ROWS = 14
LONGEST = 90


def read(console: Console, viewer: Viewer) -> tuple[AuditEntry, ...]:
    principal = viewer.principal
    return tuple(audit_for(console.services, principal, principal.institution_ids, limit=ROWS))


def rows(entries: tuple[AuditEntry, ...], console: Console, viewer: Viewer) -> list[Row]:
    now_ms = console.services.clock.now_ms()
    return [
        Row(
            f"{one.at_ms}-{place}",
            (near_time(one.at_ms, now_ms), one.actor, one.action, Cell(one.subject, _detail(one))),
        )
        for place, one in enumerate(entries)
    ]


def _detail(entry: AuditEntry) -> str:
    words = json.dumps(dict(entry.detail), ensure_ascii=False, default=str) if entry.detail else ""
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


PANEL = HomePanel(
    title="console.home.audit.title",
    permission=Permission.READ_AUDIT,
    weight=50,
    read=read,
    build=table_of(
        "audit",
        ("console.home.audit.at", "console.home.audit.who", "console.home.audit.action", "console.home.audit.subject"),
        "console.home.audit.none",
        rows,
    ),
)
