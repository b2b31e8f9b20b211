"""InstitutionBook in SQL."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.institution_tables import PARTS, compound, institution
from cloud.adapters.sql.institution_versions import add_version, has_versions, version_at
from cloud.adapters.sql.rows import institution_of, lock, upsert
from cloud.adapters.sql.tables import device, edge_node, point
from cloud.core.institution import UNASSIGNED, Dated, Institution, InstitutionModel
from foundation.clock import Clock
from foundation.errors import DomainError

_KNOWN_BY_GROUP = (edge_node, device, point)


class SqlInstitutionBook:
    """Fits the port InstitutionBook."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def save(self, model: InstitutionModel, *, replacing: InstitutionModel | None = None) -> None:
        institution_id = model.institution.institution_id
        groups = sorted({one.compound_id for one in model.compounds})
        with writing(self._engine) as connection:
            # Two institutions that enter the same compound at once must not both succeed.
            lock(connection, "institution")
            before = _model(connection, institution_id)
            if replacing is not None and before != replacing:
                raise DomainError("error.institution_changed", 409)
            _refuse_taken(connection, institution_id, groups)
            values = _values(model.institution)
            del values["institution_id"]
            upsert(connection, institution, {"institution_id": institution_id}, values)
            for field, table, _ in PARTS:
                connection.execute(sa.delete(table).where(table.c.institution_id == institution_id))
                rows = [{"institution_id": institution_id, **_values(one)} for one in getattr(model, field)]
                if rows:
                    connection.execute(sa.insert(table), rows)
            add_version(connection, model, before, self._clock.now_ms())
            _assign(connection, institution_id, groups)

    def institutions(self) -> list[Institution]:
        query = sa.select(institution).order_by(institution.c.institution_id)
        with reading(self._engine) as connection:
            return [Institution(**row) for row in connection.execute(query).mappings()]

    def model(self, institution_id: str, known_at_ms: int | None = None) -> InstitutionModel | None:
        with reading(self._engine) as connection:
            if known_at_ms is None or not has_versions(connection, institution_id):
                return _model(connection, institution_id)
            return version_at(connection, institution_id, known_at_ms)

    def institution_of(self, group: str) -> str:
        with reading(self._engine) as connection:
            return institution_of(connection, group)


def _model(connection: sa.Connection, institution_id: str) -> InstitutionModel | None:
    mine = sa.select(institution).where(institution.c.institution_id == institution_id)
    head = connection.execute(mine).mappings().one_or_none()
    if head is None:
        return None
    parts = {field: _part(connection, table, kind, institution_id) for field, table, kind in PARTS}
    return InstitutionModel(institution=Institution(**head), **parts)


def _values(value: Dated) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _part(connection: sa.Connection, table: sa.Table, kind: type[Dated], institution_id: str) -> Any:
    columns = [table.c[field.name] for field in dataclasses.fields(kind)]
    query = sa.select(*columns).where(table.c.institution_id == institution_id).order_by(table.c.row_id)
    return tuple(kind(**row) for row in connection.execute(query).mappings())


def _refuse_taken(connection: sa.Connection, institution_id: str, groups: list[str]) -> None:
    query = sa.select(compound.c.compound_id).where(
        compound.c.compound_id.in_(groups), compound.c.institution_id != institution_id
    )
    taken = connection.execute(query.limit(1)).scalar()
    if taken is not None:
        raise DomainError("error.compound_taken", 409, compound=taken)


def _assign(connection: sa.Connection, institution_id: str, groups: list[str]) -> None:
    """Devices that were born before their compound was entered, or left it, find their institution."""
    for table in _KNOWN_BY_GROUP:
        left = sa.and_(table.c.institution_id == institution_id, table.c.group_id.not_in(groups))
        connection.execute(sa.update(table).where(left).values(institution_id=UNASSIGNED))
        connection.execute(sa.update(table).where(table.c.group_id.in_(groups)).values(institution_id=institution_id))
