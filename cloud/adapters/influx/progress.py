"""How far the upkeep of the InfluxDB store has come, in SQL: what is begun is finished by whoever comes next."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.adapters.influx.tables import fate, upkeep
from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import add_all, upsert_all

_T = upkeep.c
THINNED = "thinned"


@dataclass(frozen=True, slots=True)
class Place:
    """The lines of one device in one measurement, and to what grain they are brought."""

    group: str
    device: str
    measurement: str
    grain_ms: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything before `until_ms` is done. `moments` are the lines that are being taken away of the day from then on,
    with so many `readings` in them; none while nothing is under way."""

    until_ms: int = 0
    moments: tuple[int, ...] = ()
    readings: int = 0


class UpkeepProgress:
    """Every call is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def of(self, place: Place) -> Progress:
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(upkeep).where(_at(place))).one_or_none()
        return Progress() if row is None else Progress(row.until_ms, tuple(row.moments), row.readings)

    def condensed(self, group: str, device: str, measurement: str) -> dict[int, int]:
        """By grain, until when means stand there."""
        mine = sa.and_(_T.group_id == group, _T.device == device, _T.measurement == measurement)
        with reading(self._engine) as connection:
            return {row.grain_ms: row.until_ms for row in connection.execute(sa.select(upkeep).where(mine))}

    def note(self, place: Place, progress: Progress, *, thinned: int = 0) -> None:
        """Where a place stands now, and how many readings were taken away for good."""
        values = {"until_ms": progress.until_ms, "readings": progress.readings, "moments": list(progress.moments)}
        with writing(self._engine) as connection:
            upsert_all(connection, upkeep, [_key(place) | values])
            if thinned:
                add_all(connection, fate, [{"stream": "", "fate": THINNED, "readings": thinned}], "readings")


def _key(place: Place) -> dict[str, str | int]:
    return {
        "group_id": place.group,
        "device": place.device,
        "measurement": place.measurement,
        "grain_ms": place.grain_ms,
    }


def _at(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(*(upkeep.c[name] == value for name, value in _key(place).items()))
