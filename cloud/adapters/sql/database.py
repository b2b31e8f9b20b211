"""Opens the relational database so that a commit survives a power cut, and brings its schema up to date."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from cloud.adapters.sql.way_down import kept
from foundation.errors import ConfigError, LinkError

BUSY_TIMEOUT_S = 30
CONNECT_TIMEOUT_S = 10
UNSTORABLE = (sa.exc.DataError, sa.exc.StatementError, OverflowError)
"""What drivers raise for a value that the database cannot hold, such as a number beyond 64 bits."""

_WRITES = "xietong_writes"
# Alembic keeps the running migration in module variables.
_ONE_MIGRATION = threading.Lock()


def open_database(url: str) -> sa.Engine:
    """An engine for `sqlite:///PATH` (WAL, synchronous FULL; parent folders are made) or a PostgreSQL URL."""
    parsed = sa.make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        patience = {"connect_timeout": CONNECT_TIMEOUT_S}
        return sa.create_engine(parsed, pool_pre_ping=True, json_serializer=_json, connect_args=patience)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S}, json_serializer=_json)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One short transaction that only reads; raises LinkError while the database cannot be used."""
    with _own_errors(), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One short transaction that writes: committed at the end, rolled back on any exception.

    Raises LinkError while the database cannot be used (locked, full, unreachable), ValueError for a value that it
    cannot hold.
    """
    with _own_errors(), engine.execution_options(**{_WRITES: True}).begin() as connection:
        yield connection


def is_writing(connection: sa.Connection) -> bool:
    """Whether a transaction on this connection is one of `writing`."""
    return bool(connection.get_execution_options().get(_WRITES, False))


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """The whole database as it is now, however long it is read and whoever writes; raises LinkError as `reading`."""
    with _own_errors(), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            # Neither engine fixes its view before the first question.
            connection.execute(sa.text("SELECT count(*) FROM sqlite_schema" if _is_sqlite(engine) else "SELECT 1"))
            yield connection


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`, up or down, all or nothing; several programs may start at once.

    Raises ConfigError for a database that a newer program has used, and for a way down on which rows would be lost.
    """
    try:
        with _ONE_MIGRATION, writing(engine) as connection:
            migrate_within(connection, revision)
    except (sa.exc.DBAPIError, LinkError):
        # Another program made the same tables first; anything else is an error.
        if revision != "head" or current_revision(engine) != head_revision():
            raise


def migrate_within(connection: sa.Connection, revision: str = "head") -> None:
    """The same inside a transaction that writes and that the caller ends; one migration at a time in a process."""
    config, url = _config(), connection.engine.url.render_as_string()
    scripts, found = ScriptDirectory.from_config(config), revision_within(connection)
    config.attributes["connection"] = connection
    if found is not None and found not in {one.revision for one in scripts.walk_revisions()}:
        raise ConfigError(url, "revision", f"{found} was made by a newer program; this one knows {head_revision()}")
    passed = list(scripts.iterate_revisions(found, "base")) if found is not None else []
    if revision != "base" and revision not in [one.revision for one in passed[1:]]:
        command.upgrade(config, revision)
    elif passed:
        answered = {table for one in passed for table in getattr(one.module, "ANSWERED_FOR", ())}
        with kept(connection, url, answered):
            command.downgrade(config, revision)


def head_revision() -> str | None:
    """The revision that this program works with."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def revisions() -> list[str]:
    """Every revision that this program knows, oldest first."""
    return [one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]


def current_revision(engine: sa.Engine) -> str | None:
    """The schema's revision in the database; None when it is empty."""
    with reading(engine) as connection:
        return revision_within(connection)


def revision_within(connection: sa.Connection) -> str | None:
    """The same, as a transaction sees it."""
    return MigrationContext.configure(connection).get_current_revision()


def _is_sqlite(engine: sa.Engine) -> bool:
    return engine.dialect.name == "sqlite"


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise LinkError(f"database: {getattr(error, 'orig', None) or error}") from error
    except UNSTORABLE as error:
        if isinstance(error, sa.exc.DBAPIError) and not isinstance(error, sa.exc.DataError):
            if error.connection_invalidated:  # ended by the server, for whatever reason it gave
                raise LinkError(f"database: {error.orig}") from error
            raise
        raise ValueError(f"the database cannot hold this: {error}") from error


def _json(value: object) -> str:
    try:
        # NaN is not JSON: PostgreSQL refuses it, SQLite would keep it.
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"not JSON: {error}") from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN comes too late and never IMMEDIATE, so transactions are begun below.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A reader that turns writer may fail at once with SQLITE_BUSY; a writer asks for the lock first and waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing(connection) else "BEGIN")
