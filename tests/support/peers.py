"""Foreign Sparkplug software in JavaScript: npm installs the pinned list of tests/peers into `.cache/peers`."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.process import ROOT, ChildProcess
from tests.support.servers import LEFT_OUT

PEERS = ROOT / "tests" / "peers"
CACHE = ROOT / ".cache" / "peers"
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
INSTALL_S = 180


def require_peers() -> Path:
    """The folder of the installed packages; where there is no Node.js the test is left out, and named in the end."""
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{LEFT_OUT}nodejs: {' and '.join(missing)} not on the path; apt-get install nodejs npm")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install_once()
    return CACHE / "node_modules"


def _install_once() -> None:
    files = [PEERS / name for name in ("package.json", "package-lock.json")]
    digest = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    done = CACHE / "installed"
    if done.exists() and done.read_text(encoding="utf-8") == digest:
        return
    for file in files:
        shutil.copy(file, CACHE)
    result = subprocess.run(INSTALL, cwd=CACHE, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    if result.returncode != 0:
        pytest.skip(f"{LEFT_OUT}npm packages of tests/peers: {result.stderr.strip()[-300:]}")
    done.write_text(digest, encoding="utf-8")


def peer(name: str, folder: Path, *arguments: str) -> ChildProcess:
    """One of the scripts in tests/peers, not yet started; its log goes into `folder`."""
    modules = require_peers()
    command: list[str | Path] = [shutil.which("node") or "node", PEERS / f"{name}.js", *arguments]
    return ChildProcess(name, command, folder / f"{name}.log", {"NODE_PATH": str(modules)})
