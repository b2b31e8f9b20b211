"""Debian packages taken and unpacked by any user: no root, no installation, no change to the system's package lists."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

TIMEOUT_S = 180


class PackageUnavailable(Exception):
    """A package could not be found, downloaded or unpacked."""


class Apt:
    """The machine's apt; when its own lists do not offer a package, lists kept in `state` are fetched once."""

    def __init__(self, state: Path) -> None:
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            raise PackageUnavailable("apt-get or dpkg is not on this machine")
        self._state = state
        self._options: list[str] = _private_options(state) if _has_lists(state) else []

    def unpack(self, package: str, folder: Path) -> None:
        """Download `package` and lay its files out under `folder`; raises PackageUnavailable."""
        downloads = self._state / "downloads"
        shutil.rmtree(downloads, ignore_errors=True)
        downloads.mkdir(parents=True)
        folder.mkdir(parents=True, exist_ok=True)
        if self._download(package, downloads) != 0:
            self._refresh()
            if self._download(package, downloads) != 0:
                raise PackageUnavailable(f"package {package} could not be downloaded")
        for archive in downloads.glob("*.deb"):
            unpacked = _run(["dpkg", "-x", str(archive), str(folder)])
            if unpacked.returncode != 0:
                raise PackageUnavailable(f"package {package} could not be unpacked: {unpacked.stderr.strip()}")

    def libraries_of(self, package: str) -> list[str]:
        """Library packages that `package` asks for and the machine does not have."""
        lines = _run(["apt-cache", *self._options, "depends", "--important", package]).stdout.splitlines()
        wanted = [line.split(":", 1)[1].strip() for line in lines if "Depends:" in line]
        return [name for name in wanted if name.startswith("lib") and not _is_installed(name)]

    def _download(self, package: str, folder: Path) -> int:
        return _run(["apt-get", *self._options, *_patience(), "download", package], cwd=folder).returncode

    def _refresh(self) -> None:
        """Fetch package lists into the private state; sources that do not answer are left out."""
        self._options = _private_options(self._state)
        for folder in ("lists/partial", "cache/archives/partial"):
            (self._state / folder).mkdir(parents=True, exist_ok=True)
        _run(["apt-get", *self._options, *_patience(), "update"])


def missing_libraries(program: Path, folders: Sequence[Path]) -> list[str]:
    """Shared libraries that the loader would not find for `program` with `folders` on its path."""
    environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(str(folder) for folder in folders)}
    result = _run(["ldd", str(program)], env=environment)
    if result.returncode != 0:
        raise PackageUnavailable(f"{program.name} is no program for this machine: {result.stderr.strip()}")
    return [line.split("=>")[0].strip() for line in result.stdout.splitlines() if "not found" in line]


def _private_options(state: Path) -> list[str]:
    return [
        "-o", f"Dir::State={state}",
        "-o", "Dir::State::status=/var/lib/dpkg/status",
        "-o", f"Dir::Cache={state / 'cache'}",
        "-o", "Debug::NoLocking=1",
    ]  # fmt: skip


def _patience() -> list[str]:
    return ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"]


def _has_lists(state: Path) -> bool:
    return any((state / "lists").glob("*Packages*"))


def _is_installed(package: str) -> bool:
    return "ok installed" in _run(["dpkg-query", "-W", "-f", "${Status}", package]).stdout


def _run(
    command: list[str], *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**(env or os.environ), "LC_ALL": "C"}
    try:
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
