"""Kills processes of a running county at random, then lets it come to rest."""

from __future__ import annotations

import random
import time

from tests.support.county import County
from tests.support.waiting import until

VICTIMS = ("broker", "edge", "cloud")
HISTORY_WEEKS = "0.5"


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
