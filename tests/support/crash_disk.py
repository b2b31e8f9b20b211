"""A disk that loses power: files in memory under SQLite, of which a cut keeps any part that was not yet synced.

A sector of 512 bytes is written whole or not at all; of the sectors written since the file's last sync each may hold
its old content or any later one. SQLite runs with its files through a VFS of the `apsw` package.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import apsw

from foundation.disk import PRAGMAS

SECTOR = 512
_names = (f"crash-{number}" for number in itertools.count())


class PowerCut(Exception):
    """The power went."""


class CrashFile:
    """Content as the process sees it, and what each unsynced sector may hold after a cut."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.synced_size = 0
        self.versions: dict[int, list[bytes]] = {}

    def write(self, data: bytes, offset: int) -> None:
        end = offset + len(data)
        if len(self.content) < end:
            self.content.extend(bytes(end - len(self.content)))
        sectors = range(offset // SECTOR, -(-end // SECTOR))
        self._remember(sectors)
        self.content[offset:end] = data
        self._append(sectors)

    def truncate(self, size: int) -> None:
        sectors = range(size // SECTOR, -(-len(self.content) // SECTOR))
        self._remember(sectors)
        del self.content[size:]
        self._append(sectors)

    def sync(self) -> None:
        self.versions.clear()
        self.synced_size = len(self.content)

    def cut(self, chance: random.Random) -> CrashFile:
        """What is on the disk when the power is back."""
        size = chance.choice((self.synced_size, len(self.content)))
        left = CrashFile()
        left.content = bytearray(self.content)
        for sector, versions in self.versions.items():
            start = sector * SECTOR
            if len(left.content) < start + SECTOR:
                left.content.extend(bytes(start + SECTOR - len(left.content)))
            left.content[start : start + SECTOR] = chance.choice(versions)
        left.content = left.content[:size] + bytes(max(0, size - len(left.content)))
        left.sync()
        return left

    def _remember(self, sectors: Iterable[int]) -> None:
        for sector in sectors:
            if sector not in self.versions:
                self.versions[sector] = [self._sector(sector)]

    def _append(self, sectors: Iterable[int]) -> None:
        for sector in sectors:
            self.versions[sector].append(self._sector(sector))

    def _sector(self, sector: int) -> bytes:
        return bytes(self.content[sector * SECTOR : (sector + 1) * SECTOR]).ljust(SECTOR, b"\0")


class _OpenFile:
    """The VFS file methods of one handle."""

    def __init__(self, disk: CrashDisk, file: CrashFile) -> None:
        self._disk, self._file = disk, file

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._file.content[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._file.write(bytes(data), offset)
        self._disk.worked()

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._file.truncate(size)
        self._disk.worked()

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.worked()
        self._file.sync()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._file.content)

    def xLock(self, level: int) -> None:  # noqa: N802
        return

    def xUnlock(self, level: int) -> None:  # noqa: N802
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return int(apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE)  # as SQLite assumes of real disks

    def xClose(self) -> None:  # noqa: N802
        return


class CrashDisk(apsw.VFS):
    """A Disk of foundation.disk whose power goes after `work_left` more writes and syncs; None is never."""

    def __init__(self, chance: random.Random, pragmas: Sequence[str] = PRAGMAS) -> None:
        self._name = next(_names)
        super().__init__(self._name, "")
        self.work_left: int | None = None
        self._chance, self._pragmas = chance, pragmas
        self._files: dict[str, CrashFile] = {}
        self._connections: list[apsw.Connection] = []
        self._is_off = False

    def open_database(self, path: Path) -> sqlite3.Connection:
        connection = apsw.Connection(str(path), vfs=self._name)
        self._connections.append(connection)
        adapted = cast(sqlite3.Connection, _Connection(connection))
        # A VFS in Python has no shared memory, so the log's index must be the process's own.
        for pragma in ("PRAGMA locking_mode=EXCLUSIVE", *self._pragmas, "PRAGMA wal_autocheckpoint=40"):
            adapted.execute(pragma).fetchall()
        return adapted

    def cut(self) -> None:
        """The power is back: what is left is found by new handles; what the old ones still do is lost."""
        left = {name: file.cut(self._chance) for name, file in self._files.items()}
        self._is_off, self.work_left = True, None
        for connection in self._connections:
            connection.close(True)
        self._connections.clear()
        self._files, self._is_off = left, False

    def worked(self) -> None:
        """One more write or sync was asked for; raises PowerCut when its time has come."""
        if self.work_left is None:
            return
        self.work_left -= 1
        if self.work_left <= 0:
            raise PowerCut

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        key = name.filename() if isinstance(name, apsw.URIFilename) else name
        flags[1] = flags[0]
        return _OpenFile(self, CrashFile() if key is None else self._files.setdefault(key, CrashFile()))

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802
        if not self._is_off:
            self._files.pop(name, None)
            self.worked()

    def xAccess(self, name: str, flags: int) -> bool:  # noqa: N802
        return name in self._files

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


class _Cursor:
    """As much of sqlite3.Cursor as outbox and journal use."""

    def __init__(self, cursor: apsw.Cursor, connection: apsw.Connection) -> None:
        self.fetchone, self.fetchall = cursor.fetchone, cursor.fetchall
        self._cursor, self._connection = cursor, connection

    @property
    def rowcount(self) -> int:
        return self._connection.changes()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)


class _Connection:
    """As much of sqlite3.Connection as outbox and journal use."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, sql: str, values: Any = ()) -> _Cursor:
        return _Cursor(self._connection.execute(sql, values), self._connection)

    def executemany(self, sql: str, rows: Iterable[Any]) -> _Cursor:
        return _Cursor(self._connection.executemany(sql, rows), self._connection)

    def executescript(self, sql: str) -> _Cursor:
        return self.execute(sql)

    def close(self) -> None:
        self._connection.close(True)
