"""Foreign Sparkplug software in JavaScript: npm installs the pinned list of tests/peers into `.cache/peers`.

Run `python -m tests.support.peers` to install it ahead of the tests.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
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
    if missing := _missing():
        pytest.skip(f"{LEFT_OUT}nodejs: {missing}")
    return install_peers()


def install_peers() -> Path:
    """The folder of the packages, installed once; RuntimeError when npm cannot."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install_once()
    return CACHE / "node_modules"


def _missing() -> str:
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    return f"{' and '.join(missing)} not on the path; apt-get install nodejs npm" if missing else ""


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
        raise RuntimeError(f"npm cannot install the packages of tests/peers: {result.stderr.strip()[-300:]}")
    done.write_text(digest, encoding="utf-8")


def peer(name: str, folder: Path, *arguments: str) -> ChildProcess:
    """One of the scripts in tests/peers, not yet started; its log goes into `folder`."""
    modules = require_peers()
    command: list[str | Path] = [shutil.which("node") or "node", PEERS / f"{name}.js", *arguments]
    return ChildProcess(name, command, folder / f"{name}.log", {"NODE_PATH": str(modules)})


def main() -> int:
    """Install the peers; what is in the way is said, and is no error: their tests say so themselves."""
    try:
        print(f"peers: not available: {missing}" if (missing := _missing()) else f"peers: {install_peers()}")
    except RuntimeError as error:
        print(f"peers: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
