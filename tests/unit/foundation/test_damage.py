"""Damaged files are found and set aside, never wiped; whole ones are left alone, however large."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from foundation.damage import damaged_files, is_damage, open_damaged, readable, set_aside_if_damaged, suspect
from foundation.disk import SystemDisk
from tests.support.manual_clock import ManualClock

ITEMS = 3_000
Injure = Callable[[bytearray], None]


def make(path: Path, items: int = ITEMS) -> None:
    with closing(SystemDisk().open_database(path)) as database:
        database.execute("CREATE TABLE item (number INTEGER PRIMARY KEY, content BLOB NOT NULL)")
        chance = random.Random(1)
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO item VALUES (?, ?)", [(n, chance.randbytes(100)) for n in range(1, ITEMS + 1)]
        )
        database.execute("COMMIT")


def cut_in_half(content: bytearray) -> None:
    del content[len(content) // 2 + 100 :]


def zero_all(content: bytearray) -> None:
    content[:] = bytes(len(content))


def zero_a_part(content: bytearray) -> None:
    content[40_960:49_152] = bytes(8_192)


def wrong_header(content: bytearray) -> None:
    content[:16] = b"not a database!!"


def flip_bits(content: bytearray) -> None:
    for place in range(12_288, 12_288 + 4_096, 7):
        content[place] ^= 0xFF


INJURIES = [cut_in_half, zero_all, zero_a_part, wrong_header, flip_bits]


def injure(path: Path, how: Injure) -> None:
    content = bytearray(path.read_bytes())
    how(content)
    path.write_bytes(content)


def numbers(path: Path) -> list[int]:
    with closing(open_damaged(path)) as database:
        found = readable(
            lambda first, last: database.execute(
                "SELECT number FROM item WHERE number BETWEEN ? AND ?", (first, last)
            ).fetchall(),
            1,
            ITEMS,
        )
        return [number for (number,) in found]


@pytest.mark.parametrize("how", INJURIES)
def test_a_damaged_file_is_set_aside_as_it_is(how: Injure, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    make(path)
    injure(path, how)
    content = path.read_bytes()
    found = set_aside_if_damaged(path, ManualClock())
    assert found is not None
    assert found.reason
    assert not path.exists()
    assert found.path.read_bytes() == content
    assert damaged_files(path) == [found.path]
    make(path)  # its place is free


@pytest.mark.parametrize("how", [cut_in_half, zero_a_part, flip_bits])
def test_what_is_not_damaged_can_still_be_read(how: Injure, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    make(path)
    injure(path, how)
    found = set_aside_if_damaged(path, ManualClock())
    assert found is not None
    left = numbers(found.path)
    assert left == sorted(set(left))
    assert len(left) > (ITEMS * 4 // 10 if how is cut_in_half else ITEMS * 9 // 10)


def test_a_whole_file_a_missing_one_and_a_new_one_stay(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    assert set_aside_if_damaged(path, ManualClock()) is None
    path.touch()
    assert set_aside_if_damaged(path, ManualClock()) is None
    make(path)
    assert set_aside_if_damaged(path, ManualClock()) is None
    assert numbers(path) == list(range(1, ITEMS + 1))


def test_a_file_of_no_length_with_a_log_is_damaged_and_keeps_its_log(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    log = path.with_name("store.db-wal")
    log.write_bytes(b"what was committed")
    found = set_aside_if_damaged(path, ManualClock())
    assert found is not None
    assert found.path.with_name(found.path.name + "-wal").read_bytes() == b"what was committed"


def test_a_second_damaged_file_of_the_same_second_has_a_name_of_its_own(tmp_path: Path) -> None:
    path, clock = tmp_path / "store.db", ManualClock()
    for _ in range(3):
        make(path)
        injure(path, wrong_header)
        assert set_aside_if_damaged(path, clock) is not None
    assert len(damaged_files(path)) == 3


def test_a_file_too_large_to_check_is_checked_whole_once_it_is_suspect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foundation.damage.CHECKED_S", 0)
    path = tmp_path / "store.db"
    make(path, items=30 * ITEMS)
    injure(path, zero_a_part)
    assert set_aside_if_damaged(path, ManualClock()) is None
    suspect(path)
    assert set_aside_if_damaged(path, ManualClock()) is not None
    assert not path.with_name("store.db.suspect").exists()


def test_damage_is_told_from_other_errors_also_inside_groups(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"no database" * 100)
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.DatabaseError) as caught:
        database.execute("SELECT * FROM sqlite_master")
    assert is_damage(caught.value)
    assert is_damage(ExceptionGroup("tasks", [ValueError(), ExceptionGroup("inner", [caught.value])]))
    assert not is_damage(sqlite3.OperationalError("database is locked"))
    assert not is_damage(ValueError())
