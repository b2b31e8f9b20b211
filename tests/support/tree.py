"""The project's files as the architecture tests see them."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("foundation", "device_profiles", "gateway", "edge_agent", "cloud", "simulators", "demo", "dashboards")


def python_files(*folders: str) -> list[Path]:
    """Python files below these folders of the project, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def committed_texts() -> Iterator[tuple[Path, str]]:
    """Every text file that belongs to the project, with its content; binary files are passed over."""
    for path in sorted(_walk(ROOT)):
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@cache
def _ignored() -> tuple[str, ...]:
    """Name patterns of what tools produce and nobody commits."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return (".git", *(line.strip("/") for line in lines if line and not line.startswith("#")))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink() or any(fnmatch(path.name, pattern) for pattern in _ignored()):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path
