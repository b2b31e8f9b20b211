"""What an edge node that was killed again and again leaves behind, and what must be true of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from edge_agent.commands.journal import Journal
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from gateway.messages import Outcome
from tests.support.command_victim import DEVICES, EXPIRED_EVERY, HIGHEST, POINT, RELINQUISH_EVERY, SAFE_VALUE

ROOT = Path(__file__).resolve().parents[2]


def run_victim(folder: Path, seed: int, kills: int, *options: str) -> None:
    """Let an edge node be killed so many times; its traces are in the folder."""
    victim = str(ROOT / "tests/support/command_victim.py")
    command = [sys.executable, victim, str(folder), str(seed), str(kills), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60 + kills, check=False)
    assert done.returncode == 0, f"seed {seed}: {done.stderr[-4_000:]}"


def issued(folder: Path) -> int:
    """How many commands the cloud gave."""
    return len((folder / "issued.log").read_text().splitlines())


def executed(folder: Path) -> Counter[str]:
    """How often each command was executed, counted by the device; releases to the safe value left out."""
    values = [float(line.split()[1]) for line in (folder / "writes.log").read_text().splitlines()]
    return Counter(f"c-{value:.0f}" for value in values if value != SAFE_VALUE)


def fates(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Outcome and reason of every distinct receipt, by command."""
    seen: set[str] = set()
    told: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in (folder / "receipts.log").read_text().splitlines():
        receipt = json.loads(line)
        if receipt["receipt_id"] not in seen:
            seen.add(receipt["receipt_id"])
            told[receipt["command_id"]].append((receipt["outcome"], receipt["reason"]))
    return told


def ends(fate: list[tuple[str, str]]) -> list[str]:
    return [outcome for outcome, _ in fate if outcome not in (Outcome.UNKNOWN, Outcome.RELINQUISHED)]


def assert_nothing_twice(folder: Path) -> None:
    """0 twice, 0 outside the limits, 0 after their expiry."""
    times = executed(folder)
    assert [name for name, number in times.items() if number > 1] == []
    numbers = [int(name.removeprefix("c-")) for name in times]
    assert [number for number in numbers if number > HIGHEST] == []
    assert [number for number in numbers if number % EXPIRED_EVERY == 0] == []


def assert_told_as_done(folder: Path) -> None:
    """Every command has one end, and it is what the device did."""
    times, told = executed(folder), fates(folder)
    for name in times:
        assert ends(told[name]) == [Outcome.VERIFIED], f"{name} was executed: {told[name]}"
    for name, fate in told.items():
        is_write = int(name.removeprefix("c-")) % RELINQUISH_EVERY != 0
        assert len(ends(fate)) == 1, f"{name}: {fate}"
        assert not is_write or times[name] == (ends(fate) == [Outcome.VERIFIED]), f"{name}: {fate}"


def assert_all_resolved(folder: Path) -> tuple[int, int]:
    """Nothing is open any longer; how many were left unknown by kills and found executed, or not executed."""
    reasons = Counter(reason for fate in fates(folder).values() for _, reason in fate)
    journal = Journal(folder / "commands.db", disk=SystemDisk(), clock=SystemClock())
    try:
        for device in DEVICES:
            assert journal.open_commands(device) == []
            assert journal.recall(device, POINT).ended == ()
        assert journal.waiting_receipts() == []
    finally:
        journal.shut()
    return reasons["resolved"], reasons["not_executed"]


def assert_no_hand_seen(folder: Path) -> None:
    """No write of ours was taken for a hand at the panel."""
    assert (folder / "events.log").read_text() == ""
