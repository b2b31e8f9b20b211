"""Every institution model that was once entered, whole, with the time in which it was what was known."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from cloud.adapters.sql.rows import known
from cloud.adapters.sql.tables import METADATA, milliseconds, row_id, text
from cloud.core.institution import InstitutionModel

institution_version = sa.Table(
    "institution_version",
    METADATA,
    row_id(),
    text("institution_id"),
    sa.Column("content", sa.JSON, nullable=False),
    milliseconds("known_from_ms"),
    # 0 while it is the current version: an index finds equality, not the absence of a value.
    milliseconds("known_to_ms"),
    sa.Index("ix_institution_version_key", "institution_id", "known_from_ms"),
)
_T = institution_version.c
_MODEL: TypeAdapter[InstitutionModel] = TypeAdapter(InstitutionModel)
_ALWAYS_MS = 0


def add_version(
    connection: sa.Connection, model: InstitutionModel, before: InstitutionModel | None, known_from_ms: int
) -> None:
    """Make `model` the current version; what was entered `before` there were versions counts as always known."""
    if model == before and _newest(connection, model.institution.institution_id) is not None:
        return
    newest = _newest(connection, model.institution.institution_id)
    if newest is None and before is not None:
        newest = _insert(connection, before, _ALWAYS_MS)
    if newest is not None:
        row, since_ms = newest
        # A clock that was set back must not make a version end before it began.
        known_from_ms = max(known_from_ms, since_ms)
        ended = sa.update(institution_version).where(_T.row_id == row)
        connection.execute(ended.values(known_to_ms=known_from_ms))
    _insert(connection, model, known_from_ms)


def version_at(connection: sa.Connection, institution_id: str, known_at_ms: int) -> InstitutionModel | None:
    """What was entered at that time; None when nothing was."""
    mine = sa.and_(_T.institution_id == institution_id, known(institution_version, known_at_ms))
    content = connection.execute(sa.select(_T.content).where(mine)).scalar()
    return None if content is None else _MODEL.validate_python(content)


def has_versions(connection: sa.Connection, institution_id: str) -> bool:
    """False for what was entered before there were versions."""
    return _newest(connection, institution_id) is not None


def _newest(connection: sa.Connection, institution_id: str) -> tuple[int, int] | None:
    query = sa.select(_T.row_id, _T.known_from_ms).where(_T.institution_id == institution_id, _T.known_to_ms == 0)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.row_id, row.known_from_ms)


def _insert(connection: sa.Connection, model: InstitutionModel, known_from_ms: int) -> tuple[int, int]:
    values: dict[str, Any] = {
        "institution_id": model.institution.institution_id,
        "content": _MODEL.dump_python(model, mode="json"),
        "known_from_ms": known_from_ms,
        "known_to_ms": 0,
    }
    inserted = connection.execute(sa.insert(institution_version).values(**values)).inserted_primary_key
    assert inserted is not None
    return inserted[0], known_from_ms
