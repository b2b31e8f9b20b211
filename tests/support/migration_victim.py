"""Migrations that are killed: `migration_victim.py URL SEED KILLS` writes one JSON line for each kill.

Every migration is a forked process that ends itself by SIGKILL before or after a random statement, or around its
commit. The line tells what a process that comes after it finds, and what it must be.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud.adapters.sql.database import current_revision, head_revision, migrate, open_database, reading
from tests.support.table_content import Fingerprint, clear, fill, fingerprint

KILLS_PER_ROUND = 5


def main() -> None:
    url, seed, kills = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    for first in range(0, kills, KILLS_PER_ROUND):
        _round(url, rng, min(KILLS_PER_ROUND, kills - first))


def _round(url: str, rng: random.Random, kills: int) -> None:
    """Rows at a random revision; then every way, up and down in turn, is killed once and gone once."""
    newest = str(head_revision())
    older = f"{rng.randrange(1, int(newest)):04}"
    _in_engine(url, lambda engine: _begin(engine, older, rng.randrange(2**31)))
    known = {older: _found(url)[1]}
    statements = {newest: _migrated(url, newest, None)}
    known[newest] = _found(url)[1]
    statements[older] = _migrated(url, older, None)
    at, to = older, newest
    for _ in range(kills):
        kill_at = rng.randrange(2 * statements[to] + 2)
        _migrated(url, to, kill_at)
        found = _found(url)
        _migrated(url, to, None)
        line = {
            "from": at,
            "to": to,
            "kill_at": kill_at,
            "found": found[0],
            "whole": found[0] in known and found[1] == known[str(found[0])],
            "restartable": _found(url) == (to, known[to]),
        }
        print(json.dumps(line), flush=True)
        at, to = to, at


def _begin(engine: sa.Engine, revision: str, seed: int) -> None:
    clear(engine)
    migrate(engine, revision)
    with engine.begin() as connection:
        fill(connection, seed)


def _migrated(url: str, to: str, kill_at: int | None) -> int:
    """Migrate in a process of its own; how many statements it took, when it lived."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _migrate(url, to, kill_at, writer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not (is_killed if kill_at is not None else status == 0):
        raise SystemExit(f"the migration to {to} ended with {status}, to be killed at {kill_at}")
    return int(text) if text else 0


def _migrate(url: str, to: str, kill_at: int | None, writer: int) -> None:
    """Kill points: before and after every statement, before and after the commit."""
    engine, passed = open_database(url), [0]

    def point(*_: Any) -> None:
        if passed[0] == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        passed[0] += 1

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        sa.event.listen(engine, name, point)
    migrate(engine, to)
    if kill_at is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    os.write(writer, str(passed[0] // 2).encode())


def _found(url: str) -> tuple[str | None, Fingerprint]:
    engine = open_database(url)
    with reading(engine) as connection:
        found = fingerprint(connection)
    revision = current_revision(engine)
    engine.dispose()
    return revision, found


def _in_engine(url: str, work: Any) -> None:
    engine = open_database(url)
    work(engine)
    engine.dispose()


if __name__ == "__main__":
    main()
