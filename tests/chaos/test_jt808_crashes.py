"""Crashes of an edge under a reporting vehicle terminal over a long time: `make chaos`."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from edge_agent.acquisition import intake
from simulators import jt808_terminal
from tests.support.crashing_edge import drive_through_crashes

CRASHES = int(os.environ.get("XIETONG_CHAOS_CRASHES", "300"))


@pytest.mark.timeout(CRASHES * 2 + 300)
async def test_many_crashes_lose_nothing_that_a_terminal_was_told_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jt808_terminal, "CALL_AGAIN_S", 0.01)
    monkeypatch.setattr(jt808_terminal, "LOOK_S", 0.005)
    monkeypatch.setattr(jt808_terminal, "KEPT_MOST", 1_000_000)
    monkeypatch.setattr(intake, "CYCLE_S", 0.01)
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    drive = await drive_through_crashes(tmp_path, CRASHES, random.Random(seed))
    print(f"{CRASHES} crashes, {drive.acknowledged} reports acknowledged")
    assert drive.kept_s == drive.made_s
    assert drive.acknowledged == len(drive.made_s)
