"""A killed backup leaves no archive that only looks like one; a killed restore no home that only looks whole."""

from __future__ import annotations

from pathlib import Path

from tests.support.cloud_home import CloudHome, lay_ground, take
from tests.support.victims import killed_backups

KILLS, ROWS = 4, 60


def test_killed_backups_and_restores_leave_nothing_half(tmp_path: Path) -> None:
    home = CloudHome(tmp_path / "home")
    cloud = home.open()
    lay_ground(cloud)
    for spool in range(1, ROWS + 1):
        take(cloud, spool)
    home.close()
    (tmp_path / "work" / "copies").mkdir(parents=True)
    kills = killed_backups(home.settings, tmp_path / "work", seed=7, kills=KILLS)
    assert [one["what"] for one in kills] == ["backup"] * KILLS + ["restore"] * KILLS
    assert [one for one in kills if not (one["whole"] and one["repeatable"])] == []
