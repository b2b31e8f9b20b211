"""PackageShelf as a folder: finished report packages, written in one step and never overwritten with other bytes."""

from __future__ import annotations

from pathlib import Path

from foundation.disk import replace_file


class FolderShelf:
    """Fits the port PackageShelf."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        if path.exists() and path.read_bytes() != content:
            raise ValueError(f"{name} is on the shelf with other content")
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)

    def get(self, name: str) -> bytes | None:
        path = self._path(name)
        return path.read_bytes() if path.is_file() else None

    def _path(self, name: str) -> Path:
        if not name or Path(name).name != name or name.startswith("."):
            raise ValueError(f"not a file name: {name!r}")
        return self._folder / name
