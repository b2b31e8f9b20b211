"""The project's files as the architecture tests see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("foundation", "device_profiles", "gateway", "edge_agent", "cloud", "simulators", "demo")
PRODUCED = {".git", ".venv", ".cache", ".demo", "__pycache__", "dist", "node_modules"}
"""Folders that tools fill and nobody commits, besides those named `.something_cache`."""


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


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink() or path.name in PRODUCED or path.name.endswith(("_cache", ".egg-info")):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path
