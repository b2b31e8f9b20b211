"""Kills processes of a running county at random, then lets it come to rest."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.county import County
from tests.support.waiting import until

VICTIMS = ("broker", "edge", "cloud")
AT_ONCE = (1, 1, 2, 2, 3)
"""How many processes one strike takes, each as likely as it is often here."""

CALM = 0.6
"""Share of strikes that wait until rows flow; the others meet processes that are still on their way up."""

DELAY_S = 0.8
POINTS_PER_KILL = 200
WEEKS_PER_POINT = 0.5 / 11_000
MOST_WEEKS = 31
"""What one history file holds of 19 main registers; the rest of the points are live polls."""

KILLS_PER_PIECE = 15
"""The history comes in pieces, one for so many kills, so that late kills meet a backlog as well."""


async def live_through(county: County, kills: int, rng: random.Random) -> None:
    """Start everything, load it with live polls and history files, and kill random processes again and again."""
    county.plan()
    county.start("cloud")
    county.start("edge")
    weeks = min(kills * POINTS_PER_KILL * WEEKS_PER_POINT, MOST_WEEKS)
    county.run("simulate", "--history", county.layout.history, "--weeks", f"{weeks:.3f}")
    pieces = _pieces(county.layout.history, kills // KILLS_PER_PIECE + 1)
    await until(lambda: county.layout.outbox.exists() and county.stored_rows() > 0, within_s=60, what="first rows")
    done = due = 0
    importing: asyncio.Task[str] | None = None
    while done < kills:
        if done >= due and (importing is None or importing.done()):
            importing, due = _import(county, next(pieces)), due + KILLS_PER_PIECE
        done += await _strike(county, kills - done, rng)
    for piece in pieces:
        await _import(county, piece)
    if importing is not None:
        await importing


async def _strike(county: County, at_most: int, rng: random.Random) -> int:
    """Kill one to three processes together and start them again; how many."""
    victims, rows = rng.sample(VICTIMS, min(rng.choice(AT_ONCE), at_most)), county.stored_rows()
    delay_s, is_calm = rng.uniform(0.0, DELAY_S), rng.random() < CALM
    if is_calm:
        await until(lambda: county.stored_rows() > rows, within_s=60, what="rows flow again")
    due = time.monotonic() + delay_s
    await until(lambda: time.monotonic() >= due)
    print(f"kill {', '.join(victims)} {'after' if is_calm else 'still at'} {rows} rows")
    for victim in victims:
        child = county.children[victim]
        assert child.is_alive, f"{victim} ended by itself with {child.returncode}:\n{child.output()[-2000:]}"
        child.kill()
    for victim in victims:
        county.start(victim)
    return len(victims)


async def kill_while_only_the_broker_has_rows(county: County, readings: int) -> None:
    """Freeze the cloud, wait until the edge has sent and freed so many readings, then kill the frozen cloud.

    Only an edge that takes the broker's word for the store's frees rows of a cloud that does not move.
    """
    cloud, before = county.children["cloud"], county.outbox_counts()
    cloud.freeze()

    def is_freed() -> bool:
        now = county.outbox_counts()
        return (now.acquired - now.readings) - (before.acquired - before.readings) >= readings

    await until(is_freed, within_s=60, what="rows freed on the broker's word")
    cloud.kill()
    county.start("cloud")


def _import(county: County, piece: Path) -> asyncio.Task[str]:
    return asyncio.create_task(
        asyncio.to_thread(county.run, "edge", "import", piece, "--site", county.layout.site), name=piece.name
    )


def _pieces(history: Path, number: int) -> Iterator[Path]:
    """The history file cut into so many files, each with its head line."""
    head, *lines = history.read_text(encoding="utf-8").splitlines(keepends=True)
    size = -(-len(lines) // number)
    for start in range(0, len(lines), size):
        file = history.with_name(f"{history.stem}-{start}{history.suffix}")
        file.write_text(head + "".join(lines[start : start + size]), encoding="utf-8")
        yield file


async def drained(county: County) -> None:
    """Stop the simulators, so that nothing new comes, and wait until everything is through."""
    county.children["simulators"].kill()
    await until(lambda: county.outbox_rows() == 0, within_s=90, what="outbox drained")
    county.children["edge"].terminate()
    county.children["cloud"].terminate()
