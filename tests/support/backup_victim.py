"""Backups and restores that are killed: `backup_victim.py JSON` writes one JSON line for each kill.

The argument names the `home` that is backed up, the folder `work`, `seed`, `kills`, and with servers the `database` and
the `store` to restore into. Every backup, restore and look is a forked process; the victims end by SIGKILL from outside
at a random moment. A line tells what a process that comes after the kill finds.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cloud.backup.influx_copy  # noqa: F401 (loaded once, before the forks)
from cloud.adapters.sql.database import open_database, reading
from cloud.adapters.sql.way_down import rows_of, tables_of
from cloud.backup.archive import open_archive
from cloud.backup.make import back_up
from cloud.backup.refusal import BackupRefused
from cloud.backup.restore import restore
from foundation.clock import SystemClock
from foundation.errors import ConfigError
from tests.support.cloud_home import STREAM, CloudHome
from tests.support.manual_clock import ManualClock
from tests.support.table_content import clear

CHANGED = {"audit_trail", "setting"}
"""Tables that a restore adds to."""


def main() -> None:
    wanted = json.loads(sys.argv[1])
    rng, work = random.Random(wanted["seed"]), Path(wanted["work"])
    settings = Path(wanted["home"])
    kill_backups(settings, work / "copies", wanted["kills"], rng)
    archive = next(iter(sorted((work / "copies").glob("*.zip"))))
    kill_restores(settings, archive, wanted, rng)


def kill_backups(settings: Path, copies: Path, kills: int, rng: random.Random) -> None:
    """After each kill every file that looks like an archive is one; a backup that lives makes one more."""
    start_ms = SystemClock().now_ms()

    def make(number: int) -> None:
        # Archives are named by the second.
        back_up(settings, copies, ManualClock(now_ms=start_ms - 10_000_000 + number * 10_000))

    length_s = lived(lambda: make(0))
    for number in range(1, kills + 1):
        is_killed = struck(lambda number=2 * number: make(number), rng.uniform(0, 1.1 * length_s))
        is_whole = all(answered(lambda path=path: is_archive(path)) for path in sorted(copies.glob("*.zip")))
        lived(lambda number=2 * number + 1: make(number))
        left = [path.name for path in copies.iterdir() if path.name.endswith(".part")]
        tell({"what": "backup", "killed": is_killed, "whole": is_whole, "repeatable": left == []})


def kill_restores(settings: Path, archive: Path, wanted: dict[str, Any], rng: random.Random) -> None:
    """After each kill the target is unused, cannot be used, or is whole; the restore that lives makes it whole."""
    source = answered(lambda: content(settings))
    length_s = lived(lambda: restored(target(wanted, 0), archive))
    for number in range(1, wanted["kills"] + 1):
        home = target(wanted, number)
        is_killed = struck(lambda home=home: restored(home, archive), rng.uniform(0, 1.1 * length_s))
        state = answered(lambda home=home: state_of(home, source))
        if state != "whole":
            lived(lambda home=home: restored(home, archive))
        is_repeated = answered(lambda home=home: state_of(home, source)) == "whole"
        whole = state in ("unused", "refused", "whole")
        tell({"what": "restore", "killed": is_killed, "state": state, "whole": whole, "repeatable": is_repeated})


def target(wanted: dict[str, Any], number: int) -> CloudHome:
    """An empty home; on a server the last one's tables are taken away."""
    store = wanted.get("store") and {**wanted["store"], "bucket": f"{wanted['store']['bucket']}{number}"}
    if wanted.get("database"):
        lived(lambda: clear(open_database(wanted["database"])))
    return CloudHome(Path(wanted["work"]) / f"target-{number}", database=wanted.get("database"), store=store)


def restored(home: CloudHome, archive: Path) -> None:
    restore(home.settings, archive, SystemClock())


def is_archive(path: Path) -> bool:
    try:
        with open_archive(path):
            return True
    except BackupRefused:
        return False


def content(settings: Path) -> dict[str, Any]:
    """What a home holds, counted from its stores."""
    home = CloudHome.at(settings)
    cloud = home.open()
    counts = cloud.store.counts()
    with reading(cloud.engine) as connection:
        rows = {name: rows_of(connection, table) for name, table in tables_of(connection).items()}
    found = {"stored": counts.stored, "duplicates": counts.duplicates, "ledger": list(cloud.store.position(STREAM))}
    return json.loads(json.dumps(found | {name: number for name, number in rows.items() if name not in CHANGED}))


def state_of(home: CloudHome, source: dict[str, Any]) -> str:
    engine = open_database(home.database_url)
    with reading(engine) as connection:
        is_unused = not tables_of(connection) and not (home.data_dir / "restore.unfinished").exists()
    if is_unused:
        return "unused" if not (home.data_dir / "series.db").exists() else "half"
    try:
        return "whole" if content(home.settings) == source else "other"
    except ConfigError:
        return "refused"


def lived(work: Callable[[], None]) -> float:
    """Run it in a process of its own to the end; how many seconds that took."""
    begun = time.monotonic()
    child = forked(work)
    status = os.waitpid(child, 0)[1]
    if status != 0:
        raise SystemExit(f"ended with {status}")
    return time.monotonic() - begun


def struck(work: Callable[[], None], after_s: float) -> bool:
    """Run it and kill it after so long; False when it was through before."""
    child = forked(work)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def answered(work: Callable[[], Any]) -> Any:
    """Its answer, from a process of its own: no connection of this one is ever inherited."""
    reader, writer = os.pipe()

    def answer() -> None:
        os.write(writer, json.dumps(work()).encode())

    child = forked(answer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit("a look ended in an error")
    return json.loads(text)


def forked(work: Callable[[], Any]) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    return child


def tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
