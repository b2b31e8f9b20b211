"""The edge agent on a machine whose clock a test sets: `{"ahead_ms": 0, "is_synchronised": false}` in file CLOCK."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from edge_agent.app import run
from edge_agent.local.clock_watch import Machine
from foundation.clock import SystemClock

CLOCK = "XIETONG_TEST_CLOCK"


class SetClock(SystemClock):
    """The system's clock, moved by what the file says; monotonic time is the system's."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def _said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        return said

    def now_ms(self) -> int:
        return super().now_ms() + int(self._said()["ahead_ms"])

    def is_synchronised(self) -> bool:
        return bool(self._said()["is_synchronised"])


if __name__ == "__main__":
    clock = SetClock(Path(os.environ[CLOCK]))
    asyncio.run(run(Path(sys.argv[1]), Machine(clock, clock.is_synchronised)))
