"""SIGKILL at random moments: no command is executed twice, and every unknown one finds its end by read-back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from edge_agent.commands.journal import Journal
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from gateway.messages import Outcome
from tests.support.command_victim import DEVICES, POINT, RELINQUISH_EVERY, SAFE_VALUE

ROOT = Path(__file__).resolve().parents[2]
SEED = 20_260_928
KILLS = 100


def run_victim(folder: Path, kills: int, *options: str) -> None:
    victim = str(ROOT / "tests/support/command_victim.py")
    command = [sys.executable, victim, str(folder), str(SEED), str(kills), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, f"seed {SEED}: {done.stderr[-4_000:]}"


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


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The traces of an edge node that was killed KILLS times."""
    folder = tmp_path_factory.mktemp("killed")
    run_victim(folder, KILLS)
    return folder


def test_no_command_is_executed_twice(killed: Path) -> None:
    times = executed(killed)
    assert len(times) > KILLS, "too little was executed for the test to mean anything"
    assert [name for name, number in times.items() if number > 1] == [], f"seed {SEED}"


def test_what_is_told_of_a_command_is_what_the_device_did(killed: Path) -> None:
    times, told = executed(killed), fates(killed)
    for name in times:
        assert ends(told[name]) == [Outcome.VERIFIED], f"{name} was executed, seed {SEED}: {told[name]}"
    for name, fate in told.items():
        is_write = int(name.removeprefix("c-")) % RELINQUISH_EVERY != 0
        assert len(ends(fate)) == 1, f"{name}, seed {SEED}: {fate}"
        assert not is_write or times[name] == (ends(fate) == [Outcome.VERIFIED]), f"{name}, seed {SEED}: {fate}"


def test_kills_left_unknown_commands_and_all_were_resolved(killed: Path) -> None:
    reasons = Counter(reason for fate in fates(killed).values() for _, reason in fate)
    resolved = reasons["resolved"] + reasons["not_executed"]
    assert reasons["resolved"] > 0
    assert reasons["not_executed"] > 0
    assert resolved <= KILLS * len(DEVICES)
    journal = Journal(killed / "commands.db", disk=SystemDisk(), clock=SystemClock())
    try:
        for device in DEVICES:
            assert journal.open_commands(device) == []
            assert journal.recall(device, POINT).ended == ()
        assert journal.waiting_receipts() == []
    finally:
        journal.shut()


def test_no_write_of_ours_is_taken_for_a_hand_at_the_panel(killed: Path) -> None:
    assert (killed / "events.log").read_text() == ""


def test_the_harness_catches_a_journal_that_marks_after_the_write(tmp_path: Path) -> None:
    run_victim(tmp_path, 40, "--mark-after-write")
    assert max(executed(tmp_path).values()) > 1
