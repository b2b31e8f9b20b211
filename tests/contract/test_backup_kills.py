"""A killed backup leaves no archive that only looks like one; a killed restore no home that only looks whole."""

from __future__ import annotations

from pathlib import Path

from tests.support.cloud_home import filled_home
from tests.support.victims import killed_backups

KILLS, ROWS = 4, 60


def test_killed_backups_and_restores_leave_nothing_half(tmp_path: Path) -> None:
    home = filled_home(tmp_path / "home", ROWS)
    kills = killed_backups(home, tmp_path / "work", seed=7, kills=KILLS)
    assert [one["what"] for one in kills] == ["backup"] * KILLS + ["restore"] * KILLS
    assert [one for one in kills if not (one["whole"] and one["repeatable"])] == []
