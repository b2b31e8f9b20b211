"""What the kernel tells of this box under /proc and /sys, without any package."""

from __future__ import annotations

import os
from pathlib import Path

PROC, SYS = Path("/proc"), Path("/sys")


def cpu_times(proc: Path = PROC) -> tuple[int, int] | None:
    """Ticks in which some core worked, and all ticks, since the start of the box (proc(5), /proc/stat)."""
    line = _text(proc / "stat").partition("\n")[0].split()
    if len(line) < 6 or line[0] != "cpu":
        return None
    ticks = [int(part) for part in line[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def memory_used(proc: Path = PROC) -> float | None:
    """Share of the memory that is not available."""
    found = dict(line.split(":", 1) for line in _text(proc / "meminfo").splitlines() if ":" in line)
    try:
        total, available = (int(found[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    except (KeyError, IndexError, ValueError):
        return None
    return 1 - available / total if total else None


def own_memory(proc: Path = PROC) -> int | None:
    """Bytes of this process that are in memory."""
    parts = _text(proc / "self" / "statm").split()
    return int(parts[1]) * os.sysconf("SC_PAGE_SIZE") if len(parts) > 1 else None


def uptime_s(proc: Path = PROC) -> float | None:
    parts = _text(proc / "uptime").split()
    return float(parts[0]) if parts else None


def temperature_c(sys: Path = SYS) -> float | None:
    """The hottest thermal zone; None on a box without a thermometer."""
    zones = [_text(path).strip() for path in sorted(sys.glob("class/thermal/thermal_zone*/temp"))]
    return max((int(zone) / 1000 for zone in zones if zone.lstrip("-").isdigit()), default=None)


def disk_free(folder: Path) -> float | None:
    """Share of the file system that a process without privileges may still fill."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail / found.f_blocks if found.f_blocks else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
