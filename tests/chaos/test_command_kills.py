"""The kill test of commands over a long time; XIETONG_CHAOS_COMMAND_KILLS sets how many kills."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.support.command_traces import (
    assert_all_resolved,
    assert_no_hand_seen,
    assert_nothing_twice,
    assert_told_as_done,
    executed,
    issued,
    run_victim,
)

KILLS = int(os.environ.get("XIETONG_CHAOS_COMMAND_KILLS", "300"))


@pytest.mark.timeout(KILLS * 2 + 120)
def test_many_kills_execute_no_command_twice(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    run_victim(tmp_path, seed, KILLS, "--long-lives")
    assert_nothing_twice(tmp_path)
    assert_told_as_done(tmp_path)
    assert_no_hand_seen(tmp_path)
    resolved, not_executed = assert_all_resolved(tmp_path)
    print(
        f"{KILLS} kills, {issued(tmp_path)} commands, {sum(executed(tmp_path).values())} executed, 0 twice; unknown: "
        f"{resolved} had been executed, {not_executed} had not"
    )
