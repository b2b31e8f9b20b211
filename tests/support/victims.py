"""Runs a program of `tests/support` that kills its own children, and reads what it tells of each kill."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.tree import ROOT

SUPPORT = ROOT / "tests" / "support"


def killed_migrations(url: str, *, seed: int, kills: int) -> list[dict[str, Any]]:
    """One entry for each kill: from, to, kill_at, found, whole, restartable."""
    return _lines("migration_victim.py", url, str(seed), str(kills))


def killed_backups(home: Path, work: Path, *, seed: int, kills: int, **servers: Any) -> list[dict[str, Any]]:
    """One entry for each kill of a backup, then of a restore: what, killed, whole, repeatable, and its state.

    `servers` are the `database` and `store` to restore into, an own file each if none is given.
    """
    (work / "copies").mkdir(parents=True)
    wanted = {"home": str(home), "work": str(work), "seed": seed, "kills": kills, **servers}
    return _lines("backup_victim.py", json.dumps(wanted))


def _lines(program: str, *arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(SUPPORT / program), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1_800)
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    print(*found, sep="\n")
    return found
