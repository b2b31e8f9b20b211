"""The statements that adapters share, on both databases."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cloud.adapters.influx.tables import under_way
from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import upsert_all


def row(spool: int, building: str) -> dict[str, Any]:
    return {"stream": "s", "spool": spool, "tags": {"building": building}, "shifts": {}}


def kept(engine: sa.Engine) -> dict[int, str]:
    with reading(engine) as connection:
        return {one.spool: one.tags["building"] for one in connection.execute(sa.select(under_way))}


def test_many_rows_are_entered_or_replaced_in_one_go(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        upsert_all(connection, under_way, [row(2, "b"), row(1, "a")])
        upsert_all(connection, under_way, [row(3, "c"), row(2, "new")])
        upsert_all(connection, under_way, [])
    assert kept(engine) == {1: "a", 2: "new", 3: "c"}


def test_known_rows_can_be_left_as_they_are(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        upsert_all(connection, under_way, [row(1, "a")])
        upsert_all(connection, under_way, [row(1, "new"), row(2, "b")], keep_known=True)
    assert kept(engine) == {1: "a", 2: "b"}
