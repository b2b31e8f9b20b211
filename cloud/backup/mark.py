"""The mark of a restore that is under way: while it lies in the data folder, nothing else may use what is there."""

from __future__ import annotations

from pathlib import Path

from cloud.backup.archive import sync_folder
from foundation.disk import replace_file
from foundation.errors import ConfigError

MARK = "restore.unfinished"


def begin(data_dir: Path, digest: str) -> None:
    """Say that the archive with this digest is being brought back."""
    replace_file(data_dir / MARK, digest.encode(), private=True)
    sync_folder(data_dir)


def begun(data_dir: Path) -> str | None:
    """The digest of the archive whose restore was broken off; None when none was."""
    path = data_dir / MARK
    return path.read_text(encoding="utf-8") if path.exists() else None


def end(data_dir: Path) -> None:
    (data_dir / MARK).unlink()
    sync_folder(data_dir)


def refuse_unfinished(data_dir: Path) -> None:
    """Raises ConfigError while a restore is not finished: what is there may be half of something."""
    if (data_dir / MARK).exists():
        raise ConfigError(data_dir / MARK, "restore", "a restore is not finished; run it again with the same archive")
