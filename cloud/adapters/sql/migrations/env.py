"""Alembic's entry: runs the migrations on the connection that `migrate` hands over."""

from __future__ import annotations

from alembic import context

from cloud.adapters.sql import institution_tables
from cloud.adapters.sql.tables import METADATA

assert institution_tables.institution.metadata is METADATA
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
context.run_migrations()
