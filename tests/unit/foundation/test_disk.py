from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from foundation.disk import SystemDisk, create_file, replace_file, transaction


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    opened = SystemDisk().open_database(tmp_path / "deep" / "down" / "store.db")
    opened.execute("CREATE TABLE item (name TEXT PRIMARY KEY)")
    return opened


def names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM item ORDER BY name")]


def test_a_database_waits_for_the_disk_on_every_commit(connection: sqlite3.Connection) -> None:
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_a_transaction_is_seen_by_others_only_when_it_ends(connection: sqlite3.Connection, tmp_path: Path) -> None:
    other = SystemDisk().open_database(tmp_path / "deep" / "down" / "store.db")
    with transaction(connection):
        connection.execute("INSERT INTO item VALUES ('a')")
        assert names(other) == []
    assert names(other) == ["a"]
    other.close()
    connection.close()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_transaction_rolls_back_on_any_exception(connection: sqlite3.Connection, error: type[BaseException]) -> None:
    def fail_midway() -> None:
        with transaction(connection):
            connection.execute("INSERT INTO item VALUES ('a')")
            raise error

    with pytest.raises(error):
        fail_midway()
    assert names(connection) == []
    with transaction(connection):
        connection.execute("INSERT INTO item VALUES ('b')")
    assert names(connection) == ["b"]
    connection.close()


def test_what_was_committed_survives_a_process_that_dies_in_the_next_transaction(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    script = """
import os, signal, sys
from pathlib import Path
from foundation.disk import SystemDisk, transaction
connection = SystemDisk().open_database(Path(sys.argv[1]))
with transaction(connection):
    connection.execute("CREATE TABLE item (name TEXT)")
    connection.execute("INSERT INTO item VALUES ('kept')")
with transaction(connection):
    connection.execute("INSERT INTO item VALUES ('lost')")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=root, check=False, timeout=60)
    assert done.returncode == -9
    connection = SystemDisk().open_database(path)
    assert names(connection) == ["kept"]
    connection.close()


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "token"
    replace_file(path, b"first, and longer")
    replace_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert [entry.name for entry in path.parent.iterdir()] == ["token"]


def test_a_reader_of_the_old_file_keeps_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "token"
    replace_file(path, b"old")
    with path.open("rb") as reader:
        replace_file(path, b"new")
        assert reader.read() == b"old"


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o644)])
def test_a_private_file_is_for_its_owner_only(tmp_path: Path, private: bool, mode: int) -> None:
    path = tmp_path / "key"
    replace_file(path, b"x", private=private)
    assert path.stat().st_mode & 0o777 == mode


def test_a_failed_replacement_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    replace_file(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("foundation.disk.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["token"]


def test_of_many_that_begin_at_once_one_makes_the_file(tmp_path: Path) -> None:
    path, begin = tmp_path / "deep" / "key", Barrier(8)

    def make(number: int) -> bytes:
        begin.wait(10)
        create_file(path, lambda: str(number).encode(), private=True)
        return path.read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["key"]
