"""The relational database in an archive: every table in one view of it, the same form for SQLite and PostgreSQL."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from cloud.adapters.sql.database import migrate_within, open_database, revision_within, writing
from cloud.adapters.sql.way_down import tables_of
from cloud.backup.archive import Archive, ArchiveWriter
from cloud.backup.manifest import TableContent, table_member
from cloud.backup.refusal import BackupRefused
from cloud.backup.table_rows import Tally, content_of, enter_lines, lines_of


def add_tables(archive: ArchiveWriter, connection: sa.Connection) -> dict[str, TableContent]:
    """Add every table of ours as `connection` sees it; a database that was never used has none."""
    revision, tables = revision_within(connection), {}
    if revision is None:
        return {}
    ours = _tables_at(revision)
    for name, table in tables_of(connection).items():
        if name in ours:
            tally = Tally()
            archive.add(table_member(name), lines_of(connection, table, tally))
            tables[name] = tally.content()
    return tables


def enter_tables(archive: Archive, connection: sa.Connection) -> None:
    """Make the schema of the archive in an empty database, enter every table, compare, and migrate to the newest.

    All inside the caller's transaction. BackupRefused when rows cannot be held or read back otherwise.
    """
    manifest = archive.manifest
    migrate_within(connection, manifest.revision)
    tables = tables_of(connection)
    for name, content in manifest.tables.items():
        if name not in tables:
            raise BackupRefused("unknown_table", table=name)
        try:
            # What a migration enters by itself is in the archive as well.
            connection.execute(sa.delete(tables[name]))
            with archive.open(table_member(name)) as lines:
                enter_lines(connection, tables[name], lines)
        except (ValueError, sa.exc.DataError, sa.exc.IntegrityError) as error:
            raise BackupRefused("cannot_hold", table=name, reason=_short(error)) from error
        if content_of(connection, tables[name]) != content:
            raise BackupRefused("reads_back_otherwise", table=name)
    migrate_within(connection)


def drop_tables(connection: sa.Connection) -> None:
    """Take away what a restore that was broken off has left."""
    ours = _tables_at("head")
    for name, table in tables_of(connection).items():
        if name in ours:
            table.drop(connection)
    connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))


def first_table(connection: sa.Connection) -> str | None:
    """The name of a table that stands in the way of a restore."""
    names = set(sa.inspect(connection).get_table_names())
    return min(names & (_tables_at("head") | {"alembic_version"}), default=None)


@cache
def _tables_at(revision: str) -> frozenset[str]:
    """The tables that our migrations make; a server may hold others beside them."""
    engine = open_database("sqlite://")
    try:
        with writing(engine) as connection:
            migrate_within(connection, revision)
            return frozenset(tables_of(connection))
    finally:
        engine.dispose()


def _short(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0][:200]
