"""Tariffs and quotas that institutions enter keep their earlier versions; until now a setting held the newest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from foundation.errors import ConfigError

revision = "0006"
down_revision = "0005"

KINDS = {"energy.tariffs": "tariff", "energy.quotas": "quota"}
"""Name of the setting -> kind of the list."""

ANSWERED_FOR = ("entry_list",)
_CURRENT = 0


def upgrade() -> None:
    op.create_table(
        "entry_list",
        sa.Column("row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("known_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("known_to_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name="pk_entry_list"),
    )
    op.create_index("ix_entry_list_key", "entry_list", ["institution_id", "kind", "known_from_ms"])
    connection = op.get_bind()
    lists = sa.select(_setting).where(_setting.c.name.in_(KINDS)).order_by(_setting.c.institution_id, _setting.c.name)
    for row in connection.execute(lists).all():
        # When it was entered nobody knows: it counts as always known.
        version = {"reason": "", "entered_by": "", "known_from_ms": 0, "known_to_ms": _CURRENT}
        kind = {"institution_id": row.institution_id, "kind": KINDS[row.name], "entries": row.value}
        connection.execute(sa.insert(_entry_list).values(**kind, **version))
    connection.execute(sa.delete(_setting).where(_setting.c.name.in_(KINDS)))


def downgrade() -> None:
    connection = op.get_bind()
    is_told = sa.or_(_entry_list.c.reason != "", _entry_list.c.entered_by != "")
    is_told = sa.or_(_entry_list.c.known_to_ms != _CURRENT, _entry_list.c.kind.not_in(KINDS.values()), is_told)
    if connection.execute(sa.select(_entry_list.c.kind).where(is_told)).first() is not None:
        raise ConfigError("database", "entry_list", "versions would be lost; the older schema keeps the newest alone")
    for row in connection.execute(sa.select(_entry_list).where(_entry_list.c.known_to_ms == _CURRENT)).all():
        for name, kind in KINDS.items():
            if kind == row.kind:
                values = {"institution_id": row.institution_id, "name": name, "value": row.entries}
                connection.execute(sa.insert(_setting).values(**values))
    op.drop_table("entry_list")


_setting = sa.table("setting", sa.column("institution_id"), sa.column("name"), sa.column("value", sa.JSON()))
_entry_list = sa.table(
    "entry_list",
    sa.column("institution_id"),
    sa.column("kind"),
    sa.column("entries", sa.JSON()),
    sa.column("reason"),
    sa.column("entered_by"),
    sa.column("known_from_ms"),
    sa.column("known_to_ms"),
)
