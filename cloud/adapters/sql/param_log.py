"""When a device was born with other parameters than before: the facts that changed ratios are found by."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from cloud.adapters.sql.tables import METADATA, device, milliseconds, row_id, text
from cloud.core.counter_break import ParamChange
from device_profiles.ratio import params_of

param_change = sa.Table(
    "param_change",
    METADATA,
    row_id(),
    text("institution_id", index=True),
    text("group_id"),
    text("device"),
    milliseconds("since_ms"),
    milliseconds("at_ms"),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("after", sa.JSON, nullable=False),
)


def note_params(
    connection: sa.Connection, group: str, name: str, properties: Mapping[str, str], institution_id: str, at_ms: int
) -> None:
    """Log a birth whose parameters differ from those of the birth before it, which is still in the table `device`."""
    query = sa.select(device.c.properties, device.c.changed_ms)
    known = connection.execute(query.where(device.c.group_id == group, device.c.device == name)).one_or_none()
    before, after = params_of(known.properties if known else {}), params_of(properties)
    if known is None or not before or before == after:
        return
    connection.execute(
        sa.insert(param_change).values(
            institution_id=institution_id,
            group_id=group,
            device=name,
            since_ms=known.changed_ms,
            at_ms=at_ms,
            before=before,
            after=after,
        )
    )


def param_changes(connection: sa.Connection) -> list[ParamChange]:
    """All of them, in their order."""
    rows = connection.execute(sa.select(param_change).order_by(param_change.c.row_id))
    return [ParamChange(row.group_id, row.device, row.since_ms, row.at_ms, row.before, row.after) for row in rows]
