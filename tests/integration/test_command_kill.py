"""SIGKILL at random moments: no command is executed twice, and every unknown one finds its end by read-back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_traces import (
    assert_all_resolved,
    assert_no_hand_seen,
    assert_nothing_twice,
    assert_told_as_done,
    executed,
    run_victim,
)
from tests.support.command_victim import DEVICES

SEED = 20_260_928
KILLS = 40


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The traces of an edge node that was killed KILLS times."""
    folder = tmp_path_factory.mktemp("killed")
    run_victim(folder, SEED, KILLS)
    return folder


def test_no_command_is_executed_twice_outside_limits_or_late(killed: Path) -> None:
    assert len(executed(killed)) > KILLS, "too little was executed for the test to mean anything"
    assert_nothing_twice(killed)


def test_what_is_told_of_a_command_is_what_the_device_did(killed: Path) -> None:
    assert_told_as_done(killed)


def test_kills_left_unknown_commands_and_all_were_resolved(killed: Path) -> None:
    found_executed, not_executed = assert_all_resolved(killed)
    assert found_executed + not_executed > 0
    assert found_executed + not_executed <= KILLS * len(DEVICES)


def test_no_write_of_ours_is_taken_for_a_hand_at_the_panel(killed: Path) -> None:
    assert_no_hand_seen(killed)


def test_the_harness_catches_a_journal_that_marks_after_the_write(tmp_path: Path) -> None:
    run_victim(tmp_path, SEED, KILLS, "--mark-after-write")
    with pytest.raises(AssertionError):
        assert_nothing_twice(tmp_path)
