"""Runs `migration_victim.py` and reads what became of each killed migration."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.support.tree import ROOT

VICTIM = ROOT / "tests" / "support" / "migration_victim.py"


def killed(url: str, *, seed: int, kills: int) -> list[dict[str, Any]]:
    """One entry for each kill: from, to, kill_at, found, whole, restartable."""
    command = [sys.executable, VICTIM, url, str(seed), str(kills)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    print(*found, sep="\n")
    return found
