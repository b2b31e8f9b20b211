"""ThresholdBook in SQL."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import upsert
from cloud.adapters.sql.tables import breach as breaches
from cloud.adapters.sql.tables import threshold as thresholds
from cloud.core.threshold import Breach, Threshold, ThresholdAction
from foundation.errors import DomainError


class SqlThresholdBook:
    """Fits the port ThresholdBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def thresholds(self, institution_ids: Collection[str] | None = None) -> list[Threshold]:
        query = _scoped(sa.select(thresholds), thresholds, institution_ids)
        with reading(self._engine) as connection:
            return [_threshold(row) for row in connection.execute(query.order_by(thresholds.c.threshold_id))]

    def save(self, threshold: Threshold) -> None:
        values = {**dataclasses.asdict(threshold), "group_id": threshold.group}
        del values["group"], values["threshold_id"]
        with writing(self._engine) as connection:
            _refuse_other_owner(connection, thresholds, thresholds.c.threshold_id == threshold.threshold_id, values)
            upsert(connection, thresholds, {"threshold_id": threshold.threshold_id}, values)

    def remove(self, institution_id: str, threshold_id: str) -> None:
        mine = sa.and_(thresholds.c.institution_id == institution_id, thresholds.c.threshold_id == threshold_id)
        with writing(self._engine) as connection:
            connection.execute(sa.delete(thresholds).where(mine))

    def save_breach(self, breach: Breach) -> None:
        values = dataclasses.asdict(breach)
        del values["breach_id"]
        with writing(self._engine) as connection:
            _refuse_other_owner(connection, breaches, breaches.c.breach_id == breach.breach_id, values)
            upsert(connection, breaches, {"breach_id": breach.breach_id}, values)

    def breaches(self, institution_ids: Collection[str] | None = None, *, limit: int = 100) -> list[Breach]:
        query = _scoped(sa.select(breaches), breaches, institution_ids)
        newest_first = query.order_by(breaches.c.opened_ms.desc(), breaches.c.breach_id).limit(limit)
        with reading(self._engine) as connection:
            return [_breach(row) for row in connection.execute(newest_first)]


def _scoped(query: sa.Select[Any], table: sa.Table, institution_ids: Collection[str] | None) -> sa.Select[Any]:
    if institution_ids is None:
        return query
    return query.where(table.c.institution_id.in_(sorted(institution_ids)))


def _refuse_other_owner(
    connection: sa.Connection, table: sa.Table, mine: sa.ColumnElement[bool], values: dict[str, Any]
) -> None:
    owner = connection.execute(sa.select(table.c.institution_id).where(mine)).scalar()
    if owner is not None and owner != values["institution_id"]:
        raise DomainError("error.not_found", 404)


def _threshold(row: sa.Row[Any]) -> Threshold:
    values = dict(row._mapping)
    values["group"] = values.pop("group_id")
    values["actions"] = tuple(ThresholdAction(**action) for action in values["actions"])
    return Threshold(**values)


def _breach(row: sa.Row[Any]) -> Breach:
    values = dict(row._mapping)
    return Breach(**{**values, "command_ids": tuple(values["command_ids"])})
