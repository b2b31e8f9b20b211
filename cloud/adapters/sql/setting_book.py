"""SettingBook in SQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import upsert
from cloud.adapters.sql.tables import setting


class SqlSettingBook:
    """Fits the port SettingBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def read(self, institution_id: str, name: str) -> Any:
        query = sa.select(setting.c.value).where(setting.c.institution_id == institution_id, setting.c.name == name)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def write(self, institution_id: str, name: str, value: Any) -> None:
        with writing(self._engine) as connection:
            upsert(connection, setting, {"institution_id": institution_id, "name": name}, {"value": value})
