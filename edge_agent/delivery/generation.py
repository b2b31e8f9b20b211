"""Notices an outbox file that is older than one that was here before, so that no row number ever means two things.

A small file beside the outbox says how far each stream had come. An outbox behind it was brought back from a copy:
it begins a new stream, in which all rows that it holds are sent once more.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from edge_agent.delivery.rows import Kind
from edge_agent.delivery.schema import build
from foundation.disk import Disk, replace_file, transaction
from foundation.rng import Rng

log = logging.getLogger(__name__)

_STARTS = "starts"
_REBUILT_COUNTERS = (
    # Nothing but what the file holds belongs to the new stream; `acquired` counts readings, `facts:` count rows.
    "DELETE FROM counter",
    "DELETE FROM dropped",
    "INSERT INTO counter SELECT 'acquired', coalesce(sum(readings), 0) FROM row",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a stream had come: how often its agent had started, and its last row number."""

    starts: int
    spool: int


class Generation:
    """The marks of the outbox `path`, kept in `<path>.marks`."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, path.with_name(f"{path.name}.marks")
        self._marks = self._read()
        self._starts = 0

    def begin(self, disk: Disk, rng: Rng) -> bool:
        """One more start, before the outbox is opened; True when the file came from a copy and has a new stream now."""
        with closing(disk.open_database(self._path)) as database:
            build(database, rng.uuid())
            with transaction(database):
                stream = _meta(database, "stream", "")
                starts = int(_meta(database, _STARTS, "0")) + 1
                is_behind = self._is_behind(stream, Mark(starts, _last_spool(database)))
                if is_behind:
                    stream = rng.uuid()
                    renew(database, stream)
                database.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_STARTS, str(starts)))
            spool = _last_spool(database)
        self._starts = starts
        self.note(stream, spool)
        return is_behind

    def note(self, stream: str, spool: int) -> None:
        """The stream has come so far; a full disk leaves the older mark."""
        mark = Mark(self._starts, spool)
        # A start that could not be entered in the file must not be marked as one that was.
        if self._starts == 0 or self._marks.get(stream) == mark:
            return
        marks = {**self._marks, stream: mark}
        content = json.dumps({name: asdict(one) for name, one in marks.items()})
        try:
            replace_file(self._file, content.encode())
        except OSError as error:
            log.error("%s cannot be kept now: %s", self._file.name, error)
            return
        self._marks = marks

    def _is_behind(self, stream: str, found: Mark) -> bool:
        known = self._marks.get(stream)
        return known is not None and (found.starts <= known.starts or found.spool < known.spool)

    def _read(self) -> dict[str, Mark]:
        try:
            content = json.loads(self._file.read_bytes())
            return {str(name): Mark(int(one["starts"]), int(one["spool"])) for name, one in content.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.error("%s makes no sense and is made anew: %s", self._file.name, error)
            return {}


def renew(database: sqlite3.Connection, stream: str) -> None:
    """Give the rows of an outbox file another stream; inside a transaction."""
    database.execute("INSERT OR REPLACE INTO meta VALUES('stream', ?)", (stream,))
    for statement in _REBUILT_COUNTERS:
        database.execute(statement)
    for kind in (Kind.EVENT, Kind.RECEIPT):
        number = database.execute("SELECT count(*) FROM row WHERE kind=?", (int(kind),)).fetchone()[0]
        if number:
            database.execute("INSERT INTO counter VALUES(?, ?)", (f"facts:{kind.book}", number))


def _meta(database: sqlite3.Connection, key: str, default: str) -> str:
    found = database.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
    return default if found is None else str(found[0])


def _last_spool(database: sqlite3.Connection) -> int:
    found = database.execute("SELECT seq FROM sqlite_sequence WHERE name='row'").fetchone()
    return 0 if found is None else int(found[0])
