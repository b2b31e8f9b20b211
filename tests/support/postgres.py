"""A real PostgreSQL of the tests' own: loopback, nothing kept, never run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.process import ChildProcess
from tests.support.servers import LEFT_OUT

NOBODY = 65_534
USER = "xietong"


@contextmanager
def running_postgres(program: Path) -> Iterator[str]:
    """The URL of a fresh server started from `program`; `initdb` lies beside it."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    command = _unprivileged(folder)
    if command and subprocess.run([*command, "test", "-x", program], check=False).returncode != 0:
        pytest.skip(f"{LEFT_OUT}postgresql: it must not run as root, and no other user may enter the project's folder")
    data, port = folder / "data", free_port()
    initdb = [program.with_name("initdb"), "-D", data, "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C"]
    subprocess.run([*command, *initdb], check=True, capture_output=True, timeout=120, cwd=folder)
    # Without fsync: what these tests prove is not the server's durability.
    options = ["-F", "-k", folder, "-h", "127.0.0.1", "-p", str(port)]
    server = ChildProcess("postgres", [*command, program, "-D", data, *options], folder / "postgres.log")
    try:
        server.start()
        server.wait_for_port(port, timeout_s=60)
        server.wait_for_line("database system is ready", timeout_s=60)
        yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"
    finally:
        server.clean_up()
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root, so root hands the folder and the process to nobody."""
    if os.geteuid() != 0:
        return []
    os.chown(folder, NOBODY, NOBODY)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
