"""Durable storage as a parameter: SQLite files that survive a power cut, and files replaced in one step."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from foundation.errors import ConfigError

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # NORMAL may roll back committed rows at a power cut; FULL keeps them.
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=30000",
)
"""What every connection is told first."""
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}


class Disk(Protocol):
    """Where a process keeps what must not be lost."""

    def open_database(self, path: Path) -> sqlite3.Connection:
        """A SQLite connection in autocommit mode, WAL, synchronous=FULL; parents are made."""
        ...


class SystemDisk:
    """The machine's own file system."""

    def open_database(self, path: Path) -> sqlite3.Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        # isolation_level None: transactions are written out as BEGIN and COMMIT.
        connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        try:
            for pragma in PRAGMAS:
                connection.execute(pragma)
            _bound(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _bound(connection: sqlite3.Connection) -> None:
    """A file that may grow no further shall be full, which can be cured, and not fail in its log."""
    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if most != resource.RLIM_INFINITY:
        page = int(connection.execute("PRAGMA page_size").fetchone()[0])
        connection.execute(f"PRAGMA max_page_count={max(1, most // page)}")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One immediate transaction: committed at the end, rolled back on any exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk rolls back by itself
            connection.execute("ROLLBACK")
        raise


def is_out_of_room(error: sqlite3.Error) -> bool:
    """Whether the disk, or what this process may use of it, is full."""
    return getattr(error, "sqlite_errorcode", None) in _NO_ROOM


@contextlib.contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold `path` as a lock for the length of the block; ConfigError when another process holds it.

    The system frees it when the process ends, however it ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(path, "lock", f"another {what} is running on this folder") from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def holder(path: Path) -> int | None:
    """The process id of who holds the lock `path`; None when nobody does."""
    try:
        with path.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                text = file.read().strip()
                return int(text) if text.isdigit() else None
    except FileNotFoundError:
        pass
    return None


def create_file(path: Path, make: Callable[[], bytes], *, private: bool = False) -> None:
    """Write what `make` gives if the file is missing; of several processes that begin at once, one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not path.exists():
            replace_file(path, make(), private=private)
    finally:
        os.close(folder)


def replace_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write `content` so that readers see the old or the new file, never a part; `private` means mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o600 if private else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
