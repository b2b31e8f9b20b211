"""What a door does with the institution model: one entry by form, or all of it by workbook; checked, audited, saved.

A form replaces one version of one entry: the one of the same id that begins on the same day.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.import_mistake import ImportMistake, WrongCell
from cloud.core.institution import Dated, Institution, InstitutionModel
from cloud.core.institution_check import PARTS, mistakes
from cloud.core.institution_columns import WrongEntry, cells_of, entry_of
from cloud.core.institution_workbook import ReadWorkbook, read_institution_workbook, write_institution
from cloud.core.sheets import Cell
from cloud.desks.door import DoorServices
from foundation.errors import DomainError
from foundation.texts import Language

IDENTITIES = dict(PARTS)
"""By part of the model the field that is its identity."""


def read_model(services: DoorServices, principal: Principal, institution_id: str) -> InstitutionModel:
    """All that is entered about an institution of the scope; raises DomainError 403, 404."""
    if not can(principal, Permission.READ_INSTITUTION):
        raise DomainError("error.forbidden", 403)
    model = services.institutions.model(institution_id) if in_scope(principal, institution_id) else None
    if model is None:
        raise DomainError("error.not_found", 404)
    return model


def save_entry(
    services: DoorServices, principal: Principal, institution_id: str, part: str, cells: Mapping[str, Cell]
) -> Dated:
    """Enter or replace one of a part, or the institution itself, from the values of a form by column.

    Raises DomainError: 403, 404, 409 when somebody else has changed the model meanwhile, 422 with column and reason.
    """
    before = _model_to_write(services, principal, institution_id)
    try:
        entry = entry_of(part, cells)
    except WrongEntry as wrong:
        column, reason = next(iter(wrong.reasons.items()))
        raise _refusal(column, reason) from wrong
    after = _with_entry(before, part, entry)
    if after.institution.institution_id != institution_id:
        given = after.institution.institution_id
        raise _refusal("id", WrongCell("other_institution", given=given, wanted=institution_id))
    for mistake in mistakes(after):
        raise _refusal(mistake.field or "valid_from", WrongCell(mistake.code, **mistake.facts))
    _audit(services, principal, institution_id, "institution.save", part, entry)
    services.institutions.save(after, replacing=before)
    services.wake()
    return entry


def remove_entry(
    services: DoorServices,
    principal: Principal,
    institution_id: str,
    part: str,
    identifier: str,
    valid_from: date | None = None,
) -> Dated:
    """Take one version of an entry away and return it; raises DomainError: 403, 404, 409, 422 when it is still used."""
    before = _model_to_write(services, principal, institution_id)
    entries: tuple[Dated, ...] = getattr(before, part) if part in IDENTITIES else ()
    gone = [one for one in entries if _version(part, one) == (identifier, valid_from)]
    if not gone:
        raise DomainError("error.not_found", 404)
    after = _with_part(before, part, [one for one in entries if one not in gone])
    for mistake in mistakes(after):
        raise DomainError("error.entry_still_used", identifier=identifier, place=mistake.key)
    if not after.compounds:
        raise _refusal("id", WrongCell("one_compound"))
    _audit(services, principal, institution_id, "institution.remove", part, gone[0])
    services.institutions.save(after, replacing=before)
    services.wake()
    return gone[0]


def export_workbook(services: DoorServices, principal: Principal, institution_id: str, language: Language) -> bytes:
    """The model as a workbook; raises DomainError 403, 404."""
    return write_institution(read_model(services, principal, institution_id), language)


def check_workbook(
    services: DoorServices, principal: Principal, institution_id: str, file: str, content: bytes
) -> ReadWorkbook:
    """A dry run: what `import_workbook` would find. Raises DomainError 403, 404."""
    _model_to_write(services, principal, institution_id)
    read = read_institution_workbook(file, content)
    given = read.model.institution.institution_id if read.model else institution_id
    if given != institution_id:
        facts = {"given": given, "wanted": institution_id}
        return ReadWorkbook(None, (ImportMistake(file, "other_institution", facts=facts),), 1)
    return read


def import_workbook(
    services: DoorServices, principal: Principal, institution_id: str, file: str, content: bytes
) -> ReadWorkbook:
    """Replace the whole model by that of a workbook, or, when it has a mistake, nothing. Raises DomainError."""
    read = check_workbook(services, principal, institution_id, file, content)
    if read.model is None:
        return read
    services.audit.record(
        institution_id=institution_id,
        actor=principal.name,
        action="institution.import",
        subject=f"institution:{institution_id}",
        detail={"file": file, "digest": hashlib.sha256(content).hexdigest()},
    )
    services.institutions.save(read.model)
    services.wake()
    return read


def _model_to_write(services: DoorServices, principal: Principal, institution_id: str) -> InstitutionModel:
    if not can(principal, Permission.WRITE_INSTITUTION):
        raise DomainError("error.forbidden", 403)
    return read_model(services, principal, institution_id)


def _with_entry(model: InstitutionModel, part: str, entry: Dated) -> InstitutionModel:
    if isinstance(entry, Institution):
        return dataclasses.replace(model, institution=entry)
    entries: list[Dated] = list(getattr(model, part))
    versions = [_version(part, one) for one in entries]
    if _version(part, entry) in versions:
        entries[versions.index(_version(part, entry))] = entry
    else:
        entries.append(entry)
    return _with_part(model, part, entries)


def _with_part(model: InstitutionModel, part: str, entries: Sequence[Dated]) -> InstitutionModel:
    changed: dict[str, Any] = {part: tuple(entries)}
    return dataclasses.replace(model, **changed)


def _version(part: str, one: Dated) -> tuple[str, date | None]:
    return getattr(one, IDENTITIES[part]), one.valid_from


def _refusal(column: str, wrong: WrongCell) -> DomainError:
    """Why a form is not taken; `column` tells the form which of its fields it is about."""
    return DomainError(f"import.mistake.{wrong.code}", 422, column=column, **wrong.facts)


def _audit(
    services: DoorServices, principal: Principal, institution_id: str, action: str, part: str, entry: Dated
) -> None:
    cells: dict[str, Any] = cells_of(part, entry)
    services.audit.record(
        institution_id=institution_id,
        actor=principal.name,
        action=action,
        subject=f"institution:{institution_id}",
        detail={"part": part, **{name: str(value) for name, value in cells.items() if value is not None}},
    )
