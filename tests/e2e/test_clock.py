"""A real edge starts in 1970, is set right, then wrong again: every reading reaches the store with its true time."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from foundation.disk import replace_file
from tests.support.county import County, module
from tests.support.edge_with_clock import CLOCK
from tests.support.kills import drained
from tests.support.servers import require
from tests.support.waiting import until

YEAR_MS = 365 * 86_400_000


@pytest.fixture
def county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[County]:
    monkeypatch.setenv(CLOCK, str(tmp_path / "clock.json"))
    made = County(tmp_path / "county", broker_program=require("mosquitto"))
    made.edge_program = module("tests.support.edge_with_clock")
    yield made
    made.clean_up()


def set_clock(folder: Path, ahead_ms: int, *, is_synchronised: bool) -> None:
    said = {"ahead_ms": ahead_ms, "is_synchronised": is_synchronised}
    replace_file(folder / "clock.json", json.dumps(said).encode())


def stored_times(county: County) -> list[int]:
    file = county.layout.folder / "cloud" / "series.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return [ms for (ms,) in database.execute("SELECT ms FROM sample ORDER BY ms")]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(120)
async def test_a_start_in_1970_and_a_clock_set_wrong_later_leave_only_true_times(
    county: County, tmp_path: Path
) -> None:
    set_clock(tmp_path, -now_ms(), is_synchronised=False)
    began_ms = now_ms()
    county.plan()
    county.start("cloud")
    await until((county.layout.folder / "cloud" / "series.db").exists, within_s=60, what="the cloud")
    county.start("edge")
    await until(lambda: county.layout.outbox.exists() and county.outbox_rows() > 80, within_s=60, what="rows of 1970")
    assert stored_times(county) == []
    waiting, set_ms = county.outbox_rows(), now_ms()

    set_clock(tmp_path, 0, is_synchronised=True)
    await until(lambda: county.stored_rows() > waiting, within_s=60, what="rows of 1970 in the cloud")
    early = [ms for ms in stored_times(county) if ms < set_ms]
    assert len(early) >= waiting

    for ahead_ms in (-YEAR_MS, YEAR_MS, -now_ms()):
        set_clock(tmp_path, ahead_ms, is_synchronised=False)
        rows = county.stored_rows()
        await until(lambda rows=rows: county.stored_rows() > rows + 20, within_s=60, what="rows go on")  # type: ignore[misc]
    await drained(county)

    found, times = county.conservation(), stored_times(county)
    print(found, f"{len(early)} readings of 1970")
    assert (found.lost, found.duplicates, found.ledger_gaps, found.pending) == (0, 0, 0, 0)
    assert began_ms - 1_000 <= times[0]
    assert times[-1] <= now_ms() + 1_000
    assert len(times) == found.stored
