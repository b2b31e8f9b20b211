"""The kinds of records that somebody may read, each with how many rows it has and what came in last."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.access import Principal
from cloud.desks.door import DoorServices
from cloud.desks.records import list_imports, may_import, readable_kinds
from cloud.records.kind import RecordKind
from cloud.records.record import RecordImport

IMPORTS_READ = 1_000


@dataclass(frozen=True, slots=True)
class RecordBookLine:
    """`last` is the newest import, None before the first one."""

    kind: RecordKind
    rows: int
    last: RecordImport | None
    may_import: bool


def read_books(services: DoorServices, principal: Principal) -> tuple[RecordBookLine, ...]:
    """By id of the kind; raises DomainError 403."""
    scope = principal.institution_ids
    counts = services.records.counts(scope)
    newest: dict[str, RecordImport] = {}
    for one in list_imports(services, principal, scope, limit=IMPORTS_READ):
        newest.setdefault(one.kind, one)
    return tuple(
        RecordBookLine(kind, counts.get(kind.id, 0), newest.get(kind.id), may_import(principal, kind))
        for kind in readable_kinds(principal)
    )
