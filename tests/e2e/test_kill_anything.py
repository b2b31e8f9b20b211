"""Broker, edge and cloud are killed at random under load: no reading is lost, none is stored twice."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.county import County, module
from tests.support.servers import require
from tests.support.waiting import until

SEED = 20_261_123
VICTIMS = ("broker", "edge", "cloud")
HISTORY_WEEKS = "0.5"


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    made = County(tmp_path / "county", broker_program=require("mosquitto"))
    yield made
    made.clean_up()


async def live_through(county: County, kills: int, rng: random.Random) -> None:
    """Start everything, load it with live polls and a history file, and kill a random process again and again."""
    county.plan()
    county.start("cloud")
    county.start("edge")
    county.run("simulate", "--history", county.layout.history, "--weeks", HISTORY_WEEKS)
    await until(lambda: county.layout.outbox.exists() and county.stored_rows() > 0, within_s=60, what="first rows")
    county.run("edge", "import", county.layout.history, "--site", county.layout.site)
    for number in range(kills):
        victim, rows = rng.choice(VICTIMS), county.stored_rows()
        await until(lambda rows=rows: county.stored_rows() > rows, within_s=60, what="rows flow again")  # type: ignore[misc]
        due = time.monotonic() + rng.uniform(0.0, 0.8)
        await until(lambda due=due: time.monotonic() >= due)  # type: ignore[misc]
        print(f"kill {number}: {victim} after {rows} rows")
        county.children[victim].kill()
        county.start(victim)


async def drained(county: County) -> None:
    """Stop the simulators, so that nothing new comes, and wait until everything is through."""
    county.children["simulators"].kill()
    await until(lambda: county.outbox_rows() == 0, within_s=90, what="outbox drained")
    county.children["edge"].terminate()
    county.children["cloud"].terminate()


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(240)
async def test_twenty_kills_lose_nothing_and_store_nothing_twice(county: County) -> None:
    await live_through(county, 20, random.Random(SEED))
    await drained(county)
    found = county.conservation()
    print(found)
    assert found.acquired > 2_000
    assert (found.lost, found.duplicates, found.ledger_gaps) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(240)
async def test_the_same_kills_expose_an_edge_that_trusts_the_broker(county: County) -> None:
    """The planted bug "delete on PUBACK" must be seen, or the test above could not fail."""
    county.edge_program = module("tests.support.edge_freeing_on_puback")
    await live_through(county, 20, random.Random(SEED))
    await drained(county)
    found = county.conservation()
    print(found)
    assert found.lost > 0
    assert found.ledger_gaps > 0
