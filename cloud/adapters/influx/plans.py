"""Writes under way: how rows are about to be written, noted before anything is sent.

InfluxDB knows only series and time. So a row that is written a second time, after a crash or a lost reply, must go to
exactly the same points: with the same tags, and with the same readings moved, which a second look would move again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from cloud.adapters.influx.tables import under_way
from cloud.adapters.sql.rows import chunks, upsert_all
from gateway.stream import RangeSet

Shifts = dict[str, int]
"""Milliseconds by which readings of a row were moved, by `point@measured_ms`."""
Tags = Mapping[str, str]

_ROWS, _MOVED = "rows", "moved"


@dataclass(slots=True)
class Plan:
    """What one batch writes of one stream. `number` tells plans of a stream apart and means nothing else."""

    stream: str
    number: int
    rows: RangeSet = field(default_factory=RangeSet)
    tags: dict[str, Tags] = field(default_factory=dict)
    moved: dict[int, Shifts] = field(default_factory=dict)

    def add(self, spool: int, device: str, tags: Tags, shifts: Shifts) -> None:
        self.rows.add(spool)
        self.tags[device] = tags
        if shifts:
            self.moved[spool] = shifts


Plans = dict[str, list[Plan]]
"""Plans by stream; after a crash there may be several."""


def find(plans: Plans, stream: str, spool: int) -> Plan | None:
    """The plan that a row was sent by before, if it was."""
    return next((one for one in plans.get(stream, ()) if spool in one.rows), None)


def free_number(plans: Iterable[Plan], spool: int) -> int:
    """A number for a plan that begins with this row."""
    taken = [one.number for one in plans]
    return spool if spool not in taken else max(taken) + 1


def load(connection: sa.Connection, streams: Collection[str]) -> Plans:
    """All plans of these streams; as a rule there are none."""
    found: Plans = {}
    for some in chunks(list(streams)):
        for row in connection.execute(sa.select(under_way).where(under_way.c.stream.in_(some))):
            found.setdefault(row.stream, []).append(_plan(row))
    return found


def note(connection: sa.Connection, plans: Collection[Plan]) -> None:
    """Enter plans; from the commit on their rows may be in InfluxDB."""
    rows = [
        {
            "stream": one.stream,
            "spool": one.number,
            "tags": {device: dict(tags) for device, tags in one.tags.items()},
            "shifts": {_ROWS: list(one.rows), _MOVED: one.moved},
        }
        for one in plans
    ]
    upsert_all(connection, under_way, rows)


def drop(connection: sa.Connection, plans: Collection[Plan]) -> None:
    """Their rows are booked."""
    if plans:
        mine = sa.and_(under_way.c.stream == sa.bindparam("of"), under_way.c.spool == sa.bindparam("number"))
        connection.execute(
            sa.delete(under_way).where(mine), [{"of": one.stream, "number": one.number} for one in plans]
        )


def _plan(row: sa.Row[Any]) -> Plan:
    if _ROWS not in row.shifts:  # as older programs noted: one row, whatever its device
        return Plan(
            row.stream, row.spool, RangeSet([(row.spool, row.spool)]), _Always(row.tags), {row.spool: row.shifts}
        )
    moved = {int(spool): shifts for spool, shifts in row.shifts[_MOVED].items()}
    return Plan(row.stream, row.spool, RangeSet(tuple(one) for one in row.shifts[_ROWS]), row.tags, moved)


class _Always(dict[str, Tags]):
    """The same tags for every device."""

    def __init__(self, tags: Tags) -> None:
        super().__init__()
        self._tags = tags

    def __missing__(self, device: str) -> Tags:
        return self._tags
