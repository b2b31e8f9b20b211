"""Real servers for the tests without root and without starting a system service.

A server on the path is used as it is. Otherwise its Debian package and the libraries it lacks are downloaded with
`apt-get download`, unpacked into `.cache/servers` and started through a small script there.
Run `python -m tests.support.servers` to fetch what can be fetched and to read what is missing.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.debian import Apt, PackageUnavailable, missing_libraries

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "servers"
LEFT_OUT = "real server not available: "
"""How the reason of a skipped test begins when its server is missing."""

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True)
class Server:
    """A program that some tests need: the names it goes by, and how it can be had."""

    name: str
    programs: tuple[str, ...]
    package: str
    unpacked: tuple[str, ...] = ()
    """Paths of its programs inside the package, the server first; empty when it only works properly installed."""


SERVERS = {
    server.name: server
    for server in (
        Server("mosquitto", ("mosquitto",), "mosquitto", ("usr/sbin/mosquitto",)),
        Server(
            "postgresql",
            ("postgres",),
            "postgresql-15",
            ("usr/lib/postgresql/15/bin/postgres", "usr/lib/postgresql/15/bin/initdb"),
        ),
        Server("mbpoll", ("mbpoll",), "mbpoll", ("usr/bin/mbpoll",)),
        Server("influxdb", ("influxd",), "influxdb", ("usr/bin/influxd",)),
        Server("victoria-metrics", ("victoria-metrics",), "victoria-metrics", ("usr/bin/victoria-metrics",)),
        Server("chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium"),
    )
}


class ServerMissing(Exception):
    """The server is not on this machine and could not be fetched."""


def locate(name: str) -> Path:
    """The program of a server; raises ServerMissing with the reason. Fetches nothing."""
    server = SERVERS[name]
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])
    for program in server.programs:
        if found := shutil.which(program, path=path):
            return Path(found)
    script = CACHE / "bin" / server.programs[0]
    if script.exists():
        return script
    reason = CACHE / f"{server.name}.missing"
    raise ServerMissing(reason.read_text(encoding="utf-8") if reason.exists() else _how_to_get(server))


def require(name: str) -> Path:
    """The program of a server, for a fixture; without it the test is skipped, and named at the end of the run."""
    try:
        return locate(name)
    except ServerMissing as error:
        pytest.skip(f"{LEFT_OUT}{name}: {error}")


def fetch(name: str) -> Path:
    """Locate a server, or unpack it into the cache; raises ServerMissing and leaves the reason for later runs."""
    server = SERVERS[name]
    note = CACHE / f"{name}.missing"
    note.unlink(missing_ok=True)
    try:
        return locate(name)
    except ServerMissing:
        if not server.unpacked:
            raise
    try:
        return _unpack(server)
    except PackageUnavailable as error:
        CACHE.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{error}; {_how_to_get(server)}", encoding="utf-8")
        raise ServerMissing(note.read_text(encoding="utf-8")) from error


def _unpack(server: Server) -> Path:
    """Unpack the package and, level by level, its library dependencies until the loader finds everything."""
    apt = Apt(CACHE / "apt")
    packages = CACHE / "packages" / server.name
    shutil.rmtree(packages, ignore_errors=True)
    apt.unpack(server.package, packages)
    taken, level = {server.package}, [server.package]
    while missing := _missing(packages, server.unpacked):
        level = [one for package in level for one in apt.libraries_of(package) if one not in taken]
        if not level:
            raise PackageUnavailable(f"no package found for {', '.join(missing)}")
        for package in level:
            apt.unpack(package, packages)
        taken.update(level)
    scripts = [_write_script(packages, program) for program in server.unpacked]
    return scripts[0]


def _missing(packages: Path, programs: tuple[str, ...]) -> list[str]:
    folders = _library_folders(packages)
    return [library for program in programs for library in missing_libraries(packages / program, folders)]


def _library_folders(packages: Path) -> list[Path]:
    return sorted({path.parent for path in packages.rglob("*.so*")})


def _write_script(packages: Path, program: str) -> Path:
    folders = ":".join(f"$here/{folder.relative_to(CACHE)}" for folder in _library_folders(packages))
    script = CACHE / "bin" / Path(program).name
    script.parent.mkdir(parents=True, exist_ok=True)
    # exec keeps the process id: the pid that a test kills is the server itself.
    script.write_text(
        "#!/bin/sh\n"
        'here=$(cd "$(dirname "$0")/.." && pwd)\n'
        f'LD_LIBRARY_PATH="{folders}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"\n'
        "export LD_LIBRARY_PATH\n"
        f'exec "$here/{(packages / program).relative_to(CACHE)}" "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    return script


def _how_to_get(server: Server) -> str:
    return f"install the Debian package {server.package} to run its tests"


def main() -> int:
    """Fetch every server; a missing one is named, and is no error: its tests say so themselves."""
    for name in SERVERS:
        try:
            print(f"server {name}: {fetch(name)}")
        except ServerMissing as error:
            print(f"server {name}: not available: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
