"""A process with no more than a small gateway has: one core and 512 MB.

`python -m tests.support.small_box COMMAND ...`. As root with cgroups of version 1 at hand the limits are those of a
group; else the process is bound to one core and its address space is limited, which is stricter.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

MEMORY = 512 * 1024 * 1024
GROUPS = Path("/sys/fs/cgroup")


def group_of(pid: int) -> Path:
    """The memory group of a process started here."""
    return GROUPS / "memory" / f"xietong-{pid}"


def leave_group(pid: int) -> int | None:
    """How often the ended process met its limit, and the end of its group; None when it had none."""
    group = group_of(pid)
    if not group.exists():
        return None
    met = int((group / "memory.failcnt").read_text())
    group.rmdir()
    return met


def _join_group() -> bool:
    """Enter a memory group of its own; False where that is not possible."""
    group = group_of(os.getpid())
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(MEMORY))
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        return False
    return True


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if not _join_group():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
