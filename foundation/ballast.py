"""Room on the disk that is given up when the disk is full, so that a database can still delete what it no longer needs.

SQLite needs room even to delete: its log grows first. A full disk would otherwise stay full for ever.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

BYTES = 8 * 1024 * 1024
"""Twice what the log of a SQLite database holds before it is written back."""


class Ballast:
    """A file of `size` bytes with real blocks; 0 means none is kept."""

    def __init__(self, path: Path, size: int = BYTES) -> None:
        self._path, self._size = path, size
        self.is_whole = size == 0

    def restore(self) -> bool:
        """Take the room if it can be had; False while the disk has none."""
        if self.is_whole:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(handle, 0, self._size)
            finally:
                os.close(handle)
        except OSError:
            self.release()
            return False
        self.is_whole = True
        return True

    def release(self) -> None:
        """Give the room back to the file system; one that has become read-only keeps it."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self.is_whole = self._size == 0
