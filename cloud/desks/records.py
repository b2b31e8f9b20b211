"""What a door does with records: who may read and import which kinds, the check, the entry, what is left out of sight.

A department keeps its own kinds; who oversees all departments reads all of them. Personal fields (L4) are shown only
to those whom the department's restricted matters are for, and such a look is audited.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.desks.door import DoorServices
from cloud.records.check import Checked, Target, check_file, check_rows
from cloud.records.entry import Comparison, compare
from cloud.records.kind import RecordKind, load_kinds
from cloud.records.mapping import RecordMapping, parse_mapping
from cloud.records.record import Record, RecordImport
from cloud.records.reference import known_of
from cloud.records.template import record_template
from foundation.errors import ConfigError, DomainError
from foundation.texts import Language

PREVIEW_ROWS = 20
VEHICLE_BOOK = "vehicle_book"
PERSONAL, NEVER_SHOWN = "L4", "L5"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file, or rows that a program sends, to be read as records of one kind; `mapping` is the content of its YAML."""

    institution_id: str
    kind: str
    file: str
    content: bytes | Sequence[Mapping[str, Any]]
    mapping: bytes | None = None
    mapping_file: str = "mapping.yaml"


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """What was found; `entered` is None when nothing was: in a dry run, or because of mistakes."""

    checked: Checked
    comparison: Comparison
    preview: tuple[Record, ...] = ()
    entered: RecordImport | None = None


def check_import(services: DoorServices, principal: Principal, handed_in: HandedIn) -> ImportAnswer:
    """A dry run: all that `import_records` would find and do, and nothing entered. Raises DomainError 403, 404, 422.

    Only what the reader may see is compared with known rows: trying values one by one must not tell what is hidden.
    """
    kind, checked = _checked(services, principal, handed_in)
    known = services.records.records([handed_in.institution_id], kind.id) if checked.records else []
    wanted = _visible(services, principal, kind, checked.records)
    comparison = compare(wanted, _visible(services, principal, kind, known))
    return ImportAnswer(checked, comparison, wanted[:PREVIEW_ROWS])


def import_records(services: DoorServices, principal: Principal, handed_in: HandedIn) -> ImportAnswer:
    """Enter a file whole, or, when it has a mistake, nothing of it. Raises DomainError 403, 404, 422."""
    kind, checked = _checked(services, principal, handed_in)
    if checked.mistake_count:
        return ImportAnswer(checked, Comparison(0, 0, 0))
    wanted = RecordImport(
        import_id=services.rng.uuid(),
        institution_id=handed_in.institution_id,
        kind=kind.id,
        file=handed_in.file,
        digest=checked.digest,
        imported_by=principal.name,
        imported_ms=services.clock.now_ms(),
    )
    services.audit.record(
        institution_id=wanted.institution_id,
        actor=principal.name,
        action="record.import",
        subject=f"record_import:{wanted.import_id}",
        detail={"kind": kind.id, "file": wanted.file, "digest": wanted.digest, "rows": len(checked.records)},
    )
    entered = services.records.put(checked.records, wanted)
    services.wake()
    preview = _visible(services, principal, kind, checked.records[:PREVIEW_ROWS])
    return ImportAnswer(checked, Comparison(entered.new, entered.changed, entered.same), preview, entered)


def readable_kinds(principal: Principal) -> tuple[RecordKind, ...]:
    """Kinds whose records the principal may read, by id; raises DomainError 403."""
    if not can(principal, Permission.READ_RECORDS):
        raise DomainError("error.forbidden", 403)
    return tuple(kind for kind in load_kinds().values() if _is_own(principal, kind))


def may_import(principal: Principal, kind: RecordKind) -> bool:
    """Whether the principal may enter records of this kind."""
    return can(principal, Permission.IMPORT_RECORDS) and _is_own(principal, kind)


def find_kind(principal: Principal, name: str) -> RecordKind:
    """A kind that the principal may read; raises DomainError 403, or 404 when there is no such kind."""
    readable = {kind.id: kind for kind in readable_kinds(principal)}
    if name not in load_kinds():
        raise DomainError("error.record_kind_unknown", 404, kind=name, known=", ".join(load_kinds()))
    if name not in readable:
        raise DomainError("error.forbidden", 403)
    return readable[name]


def list_records(
    services: DoorServices,
    principal: Principal,
    kind_name: str,
    institution_ids: Collection[str],
    *,
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> list[Record]:
    """Current records of a kind by start time, without the fields that are not for this reader. Raises DomainError."""
    kind = find_kind(principal, kind_name)
    if not all(in_scope(principal, one) for one in institution_ids):
        raise DomainError("error.not_found", 404)
    records = services.records.records(institution_ids, kind.id, start_ms=start_ms, end_ms=end_ms)
    personal = [name for name, field in kind.fields.items() if field.level == PERSONAL]
    if personal and kind.department in services.departments.restricted_for(principal):
        for institution_id in sorted({record.institution_id for record in records}):
            _audit_look(services, principal, institution_id, kind, personal)
    return list(_visible(services, principal, kind, records))


def list_imports(
    services: DoorServices, principal: Principal, institution_ids: Collection[str], *, limit: int = 100
) -> list[RecordImport]:
    """Imports of the kinds that the principal may read, newest first."""
    readable = {kind.id for kind in readable_kinds(principal)}
    if not all(in_scope(principal, one) for one in institution_ids):
        raise DomainError("error.not_found", 404)
    return [one for one in services.records.imports(institution_ids, limit=limit) if one.kind in readable]


def template(principal: Principal, kind_name: str, language: Language) -> bytes:
    """The workbook to fill in for a kind; raises DomainError 403, 404."""
    return record_template(find_kind(principal, kind_name), language)


def _is_own(principal: Principal, kind: RecordKind) -> bool:
    return can(principal, Permission.READ_RISKS_OF_ALL_DEPARTMENTS) or principal.department == kind.department


def _checked(services: DoorServices, principal: Principal, handed_in: HandedIn) -> tuple[RecordKind, Checked]:
    if not can(principal, Permission.IMPORT_RECORDS):
        raise DomainError("error.forbidden", 403)
    kind = find_kind(principal, handed_in.kind)
    target = Target(kind, handed_in.institution_id, mapping=_mapping(handed_in, kind))
    model = services.institutions.model(handed_in.institution_id)
    if model is None or not in_scope(principal, handed_in.institution_id):
        raise DomainError("error.not_found", 404)
    booked = services.records.records([handed_in.institution_id], VEHICLE_BOOK)
    known = known_of(model, services.departments, [one.record_id for one in booked])
    target = replace(target, known=known)
    if isinstance(handed_in.content, bytes):
        return kind, check_file(handed_in.file, handed_in.content, target)
    return kind, check_rows(handed_in.file, handed_in.content, target)


def _mapping(handed_in: HandedIn, kind: RecordKind) -> RecordMapping | None:
    if handed_in.mapping is None:
        return None
    try:
        return parse_mapping(handed_in.mapping, handed_in.mapping_file, kind)
    except ConfigError as error:
        raise DomainError("error.mapping_wrong", file=error.file, place=error.key, reason=error.reason) from error


def _visible(
    services: DoorServices, principal: Principal, kind: RecordKind, records: Sequence[Record]
) -> tuple[Record, ...]:
    hidden = {NEVER_SHOWN}
    if kind.department not in services.departments.restricted_for(principal):
        hidden.add(PERSONAL)
    shown = [name for name, field in kind.fields.items() if field.level not in hidden]
    return tuple(replace(one, fields={name: one.fields.get(name) for name in shown}) for one in records)


def _audit_look(
    services: DoorServices, principal: Principal, institution_id: str, kind: RecordKind, personal: Sequence[str]
) -> None:
    services.audit.record(
        institution_id=institution_id,
        actor=principal.name,
        action="record.read_personal",
        subject=f"record_kind:{kind.id}",
        detail={"fields": list(personal)},
    )
