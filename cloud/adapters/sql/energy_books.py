"""The books of the energy side in SQL."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from cloud.adapters.sql.database import writing
from cloud.adapters.sql.documents import Documents, document_table, in_scope
from cloud.adapters.sql.entry_book import SqlEntryBook
from cloud.adapters.sql.rows import upsert
from cloud.adapters.sql.tables import milliseconds, text
from cloud.core.series import SeriesKey
from cloud.energy.effect import Effect
from cloud.energy.forecast_run import ForecastRun
from cloud.energy.ports import EnergyBooks

forecast_run = document_table(
    "forecast_run",
    text("group_id"),
    text("device"),
    text("point"),
    milliseconds("made_ms"),
    milliseconds("start_ms"),
    milliseconds("end_ms"),
    sa.Index("ix_forecast_run_series", "group_id", "device", "point", "made_ms"),
    key=("run_id",),
)
effect = document_table("effect", milliseconds("start_ms"), key=("effect_id",))
_T = forecast_run.c


class SqlForecastBook:
    """Fits the port ForecastBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._runs = Documents(engine, forecast_run, ForecastRun)

    def save(self, run: ForecastRun) -> None:
        columns = self._runs.columns(run)
        columns |= {"group_id": run.key.group, "device": run.key.device, "point": run.key.point}
        columns |= {"start_ms": run.points[0].start_ms, "end_ms": run.points[-1].end_ms}
        del columns["run_id"]
        with writing(self._runs.engine) as connection:
            upsert(connection, forecast_run, {"run_id": run.run_id}, columns)

    def newest(self, institution_ids: Collection[str]) -> list[ForecastRun]:
        series = (_T.group_id, _T.device, _T.point)
        newest = sa.select(*series, sa.func.max(_T.made_ms)).where(in_scope(forecast_run, institution_ids))
        where = sa.tuple_(*series, _T.made_ms).in_(newest.group_by(*series))
        return self._runs.select(in_scope(forecast_run, institution_ids), where, order=_T.device)

    def runs(self, key: SeriesKey, start_ms: int, end_ms: int) -> list[ForecastRun]:
        of_series = sa.and_(_T.group_id == key.group, _T.device == key.device, _T.point == key.point)
        return self._runs.select(of_series, _T.start_ms < end_ms, _T.end_ms > start_ms, order=_T.made_ms)


class SqlEffectBook:
    """Fits the port EffectBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._effects = Documents(engine, effect, Effect)

    def save(self, effect: Effect) -> None:
        self._effects.save(effect)

    def effects(self, institution_ids: Collection[str], *, limit: int = 100) -> list[Effect]:
        return self._effects.select(in_scope(effect, institution_ids), order=effect.c.start_ms.desc(), limit=limit)


def sql_energy_books(engine: sa.Engine) -> EnergyBooks:
    return EnergyBooks(forecasts=SqlForecastBook(engine), effects=SqlEffectBook(engine), entries=SqlEntryBook(engine))
