"""A process that writes and compacts is killed again and again: nothing stored is lost, and nothing stands twice."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.core.series import SeriesKey
from foundation.disk import SystemDisk
from tests.support.compacting import DEVICES, GROUP, POINT, READINGS, STREAM
from tests.support.process import ROOT

KILLS = 5


def stored_until_killed(path: Path, batches: int) -> int:
    """The last batch that the process called stored before it was killed."""
    command = [sys.executable, "-m", "tests.support.compacting", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(batches):
            told = process.stdout.readline()
        process.kill()
        return int((told + process.stdout.read()).split()[-1])


def test_kills_in_the_middle_of_writing_and_compacting_lose_and_double_nothing(tmp_path: Path) -> None:
    path, chance = tmp_path / "series.db", random.Random(5)
    for _ in range(KILLS):
        told = stored_until_killed(path, chance.randint(1, 25))
        with closing(EmbeddedStore(path, SystemDisk())) as store, closing(sqlite3.connect(path)) as database:
            counts = store.counts()
            values = [
                sample.value
                for device in range(DEVICES)
                for sample in store.series(SeriesKey(GROUP, f"meter-{device}", POINT), 0, 2**45)
            ]
            rows = list(store.position(STREAM))
            assert rows == [(1, counts.rows)]
            # The batch under way may have been stored and not yet told.
            assert counts.rows // DEVICES - told - 1 in (0, 1)
            assert sorted(values) == list(range(READINGS, (counts.rows + 1) * READINGS))  # type: ignore[type-var]
            assert (counts.stored, counts.duplicates) == (len(values), 0)
            blocks, packed = database.execute("SELECT count(*), coalesce(sum(readings), 0) FROM block").fetchone()
            landing = database.execute("SELECT count(*) FROM sample").fetchone()[0]
            assert packed + landing == len(values)
            print(f"{counts.rows} rows, {packed} readings in {blocks} blocks, {landing} landing rows")
    assert blocks
