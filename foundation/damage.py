"""Damaged SQLite files: found at the start, set aside under another name, and read as far as they can be.

Nothing is ever deleted: a file that is damaged stays beside its successor as `<name>.damaged-<time>`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from foundation.clock import Clock

CHECKED_S = 3.0
"""The check of a file at the start ends after this time: what lies further on is found when it is used."""
SUSPECT = ".suspect"
_INTERRUPT_EVERY_S = 0.05
_BESIDE = ("", "-wal", "-shm")
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNREADABLE = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ}


@dataclass(frozen=True, slots=True)
class SetAside:
    """A damaged file `name` that is now `path`, and what was wrong with it."""

    name: str
    path: Path
    reason: str


def is_damage(error: BaseException) -> bool:
    """Whether the error, or one inside a group, tells of a damaged file."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_damage(one) for one in error.exceptions)
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and (code & 0xFF in _DAMAGED or code in _UNREADABLE)


def suspect(path: Path) -> None:
    """Have `path` checked whole at the next start, however long that takes."""
    with contextlib.suppress(OSError):
        path.with_name(path.name + SUSPECT).touch()


def set_aside_if_damaged(path: Path, clock: Clock) -> SetAside | None:
    """Move a damaged database out of the way with its log; None when nothing wrong was found.

    To be called before the file is opened, by the only process that uses it.
    """
    mark = path.with_name(path.name + SUSPECT)
    reason = fault_of(path, within_s=None if mark.exists() else CHECKED_S)
    if reason is None:
        mark.unlink(missing_ok=True)
        return None
    kept = move_aside(path, "damaged", clock.now_ms())
    mark.unlink(missing_ok=True)
    return SetAside(path.name, kept, reason)


def move_aside(path: Path, why: str, now_ms: int) -> Path:
    """Rename a database with its log to `<name>.<why>-<time>`; the new name."""
    kept = _free_name(path, why, now_ms)
    for end in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(kept.with_name(kept.name + end))
    _sync_folder(path.parent)
    return kept


def damaged_files(path: Path) -> list[Path]:
    """What was set aside of `path` so far, oldest first."""
    found = path.parent.glob(f"{path.name}.damaged-*")
    return sorted(one for one in found if not one.name.endswith(_BESIDE[1:]))


def fault_of(path: Path, *, within_s: float | None = None) -> str | None:
    """What SQLite finds wrong with a file; None for a file that is missing, whole, or too large to say in time."""
    if not path.exists():
        return None
    log = path.with_name(path.name + "-wal")
    if path.stat().st_size == 0:
        # SQLite would take it for new, and throw the log away.
        return "empty" if log.exists() and log.stat().st_size > 0 else None
    try:
        connecting = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        with closing(connecting) as database, _interrupted(database, within_s) as is_late:
            answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
            # An interrupted check takes pages that it has not seen for lost.
            return None if answer == "ok" or is_late() else answer
    except sqlite3.Error as error:
        return str(error) if is_damage(error) else None


@contextlib.contextmanager
def _interrupted(database: sqlite3.Connection, after_s: float | None) -> Iterator[Callable[[], bool]]:
    """Break off what runs on the connection after so long; yields whether that was so."""
    is_over, is_late = threading.Event(), threading.Event()

    def watch() -> None:
        if is_over.wait(after_s):
            return
        is_late.set()
        while not is_over.wait(_INTERRUPT_EVERY_S):
            database.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield is_late.is_set
    finally:
        is_over.set()
        watcher.join()


def _free_name(path: Path, why: str, now_ms: int) -> Path:
    stem = f"{path.name}.{why}-{datetime.fromtimestamp(now_ms // 1000, UTC):%Y%m%dT%H%M%SZ}"
    name, number = stem, 1
    while path.with_name(name).exists():
        number += 1
        name = f"{stem}-{number}"
    return path.with_name(name)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_damaged(path: Path) -> sqlite3.Connection:
    """A file that was set aside, to read from."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=5)
    # Otherwise SQLite reads nothing of a file that lost its end.
    connection.execute("PRAGMA writable_schema=ON")
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def readable(select: Callable[[int, int], list[Any]], first: int, last: int) -> Iterator[Any]:
    """What `select(first, last)` gives for a range of row numbers, without the rows that cannot be read."""
    try:
        yield from select(first, last)
        return
    except sqlite3.Error:
        if first >= last:
            return
    middle = (first + last) // 2
    yield from readable(select, first, middle)
    yield from readable(select, middle + 1, last)
