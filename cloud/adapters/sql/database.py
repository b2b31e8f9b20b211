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

from foundation.errors import LinkError

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


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`, all or nothing; several programs may start at once."""
    config = _config()
    try:
        with _ONE_MIGRATION, writing(engine) as connection:
            config.attributes["connection"] = connection
            if revision == "base":
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
    except (sa.exc.DBAPIError, LinkError):
        # Another program made the same tables first; anything else is an error.
        if current_revision(engine) != ScriptDirectory.from_config(config).get_current_head():
            raise


def current_revision(engine: sa.Engine) -> str | None:
    """The schema's revision in the database; None when it is empty."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise LinkError(f"database: {getattr(error, 'orig', None) or error}") from error
    except UNSTORABLE as error:
        if isinstance(error, sa.exc.DBAPIError) and not isinstance(error, sa.exc.DataError):
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
    is_writing = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
