"""An outbox that was brought back from a copy never gives a row number of its stream a second time."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from hypothesis.strategies import integers

from edge_agent.delivery.backup import back_up, restore
from edge_agent.delivery.generation import Generation
from edge_agent.delivery.outbox import Kind, Lane, NewRow, Outbox
from foundation.disk import SystemDisk
from foundation.errors import ConfigError
from foundation.rng import SystemRng
from tests.support.manual_clock import ManualClock


class QuickDisk(SystemDisk):
    """Without waiting for the disk: no power is cut here."""

    def open_database(self, path: Path) -> sqlite3.Connection:
        opened = super().open_database(path)
        opened.execute("PRAGMA synchronous=OFF")
        return opened


DISK, RNG = QuickDisk(), SystemRng()


def start(path: Path) -> tuple[Outbox, Generation, bool]:
    generation = Generation(path)
    is_renewed = generation.begin(DISK, RNG)
    return Outbox(path, disk=DISK, rng=RNG, max_rows=1_000), generation, is_renewed


def put(outbox: Outbox, *rows: NewRow) -> None:
    outbox.put(rows or [NewRow("a", b"body", 2)], now_ms=1)


def test_starts_and_kills_keep_the_stream(tmp_path: Path) -> None:
    streams = set()
    for number in range(4):
        outbox, generation, is_renewed = start(tmp_path / "outbox.db")
        put(outbox)
        if number % 2:
            generation.note(outbox.stream, outbox.last_spool())  # otherwise killed before it could
        outbox.close()
        assert not is_renewed
        streams.add(outbox.stream)
    assert len(streams) == 1


def test_a_copy_of_an_earlier_start_begins_a_new_stream(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, _, _ = start(path)
    put(
        outbox, NewRow("a", b"one", 2), NewRow("", b"event", 0, kind=Kind.EVENT), NewRow("", b"r", 0, kind=Kind.RECEIPT)
    )
    outbox.free([(3, 3)])
    outbox.close()
    shutil.copy(path, tmp_path / "copy")
    second, _, _ = start(path)  # not even a row was put in between
    second.close()
    shutil.copy(tmp_path / "copy", path)
    again, _, is_renewed = start(path)
    assert is_renewed
    assert again.stream != outbox.stream
    counts = again.counts()
    assert (counts.acquired, counts.readings, counts.rows, dict(counts.facts)) == (2, 2, 2, {"events": 1})
    put(again)
    assert [row.spool for row in again.rows_after(Lane.LIVE, 0, limit=9)] == [1, 2, 4]
    again.close()


def test_a_copy_of_the_same_run_is_known_by_how_far_the_stream_came(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, generation, _ = start(path)
    put(outbox)
    back_up(path, tmp_path / "copy")
    put(outbox)
    generation.note(outbox.stream, outbox.last_spool())
    outbox.close()
    shutil.copy(tmp_path / "copy", path)
    again, _, is_renewed = start(path)
    again.close()
    assert is_renewed


def test_the_streams_before_the_present_one_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    first, _, _ = start(path)
    put(first)
    first.close()
    shutil.copy(path, tmp_path / "copy")
    start(path)[0].close()
    path.unlink()
    start(path)[0].close()
    shutil.copy(tmp_path / "copy", path)
    again, _, is_renewed = start(path)
    again.close()
    assert is_renewed


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"s": 1}', b'{"s": {"starts": "x", "spool": 1}}', b"\xff"])
def test_marks_that_make_no_sense_are_made_anew(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.with_name("outbox.db.marks").write_bytes(content)
    outbox, _, is_renewed = start(path)
    outbox.close()
    assert not is_renewed


class FullDisk(SystemDisk):
    """Opens, and takes nothing."""

    def open_database(self, path: Path) -> sqlite3.Connection:
        opened = super().open_database(path)
        opened.execute("PRAGMA query_only=ON")
        return opened


def test_a_start_on_a_full_disk_is_no_copy_of_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, _, _ = start(path)
    put(outbox)
    full = Generation(path)
    with pytest.raises(sqlite3.OperationalError):
        full.begin(FullDisk(), RNG)
    full.note(outbox.stream, outbox.last_spool())
    outbox.close()
    again, _, is_renewed = start(path)
    again.close()
    assert not is_renewed


def test_a_mark_that_could_not_be_kept_is_kept_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "outbox.db"
    outbox, generation, _ = start(path)
    put(outbox)
    with monkeypatch.context() as full:
        full.setattr("edge_agent.delivery.generation.replace_file", refuse)
        generation.note(outbox.stream, 1)
    generation.note(outbox.stream, 1)
    outbox.close()
    assert '"spool": 1' in path.with_name("outbox.db.marks").read_text()


def test_a_backup_under_way_of_the_agent_comes_back_as_a_stream_of_its_own(tmp_path: Path) -> None:
    path, copy = tmp_path / "outbox.db", tmp_path / "copy.db"
    outbox, _, _ = start(path)
    put(outbox)
    assert back_up(path, copy) == copy.stat().st_size
    put(outbox)
    outbox.close()
    assert restore(copy, path, disk=DISK, clock=ManualClock(), rng=RNG) == 1
    again, _, is_renewed = start(path)
    assert (is_renewed, again.counts().acquired, again.stream == outbox.stream) == (False, 2, False)
    again.close()
    kept = [one for one in tmp_path.iterdir() if ".replaced-" in one.name and not one.name.endswith(("-wal", "-shm"))]
    old = Outbox(kept[0], disk=DISK, rng=RNG, max_rows=9)
    assert (len(kept), old.stream, old.last_spool()) == (1, outbox.stream, 2)
    old.close()


def test_nothing_is_overwritten_and_nothing_damaged_is_restored(tmp_path: Path) -> None:
    path, copy = tmp_path / "outbox.db", tmp_path / "copy.db"
    with pytest.raises(ConfigError, match="no outbox"):
        back_up(path, copy)
    outbox, _, _ = start(path)
    outbox.close()
    copy.write_bytes(b"something else" * 100)
    with pytest.raises(ConfigError, match="exists already"):
        back_up(path, copy)
    with pytest.raises(ConfigError, match="damaged"):
        restore(copy, path, disk=DISK, clock=ManualClock(), rng=RNG)
    with pytest.raises(ConfigError, match="no such copy"):
        restore(tmp_path / "nothing", path, disk=DISK, clock=ManualClock(), rng=RNG)
    again, _, _ = start(path)
    assert again.stream == outbox.stream
    again.close()


class Copies(RuleBasedStateMachine):
    """Starts, kills, copies and files brought back in any order: no number of a stream stands for two rows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="copies-"))
        self.path = self.folder / "outbox.db"
        self.copies = 0
        self.given: set[tuple[str, int]] = set()
        self.outbox, self.generation, _ = start(self.path)

    @rule(rows=integers(1, 3))
    def put(self, rows: int) -> None:
        for _ in range(rows):
            put(self.outbox)
            number = (self.outbox.stream, self.outbox.last_spool())
            assert number not in self.given
            self.given.add(number)

    @rule()
    def acknowledge(self) -> None:
        self.outbox.free([(1, self.outbox.last_spool())])

    @rule(has_time=integers(0, 1))
    def start_again(self, has_time: int) -> None:
        if has_time:
            self.generation.note(self.outbox.stream, self.outbox.last_spool())
        stream = self.outbox.stream
        self.outbox.close()
        self.outbox, self.generation, is_renewed = start(self.path)
        assert (is_renewed, self.outbox.stream) == (False, stream), "whoever only starts again keeps the stream"

    @rule()
    def copy(self) -> None:
        back_up(self.path, self.folder / f"copy-{self.copies}")
        self.copies += 1

    @precondition(lambda self: self.copies > 0)
    @rule(number=integers(0, 9))
    def bring_back(self, number: int) -> None:
        self.generation.note(self.outbox.stream, self.outbox.last_spool())  # as every 30 seconds
        self.outbox.close()
        shutil.copy(self.folder / f"copy-{number % self.copies}", self.path)
        self.outbox, self.generation, _ = start(self.path)
        counts = self.outbox.counts()
        assert counts.acquired >= counts.readings + sum(counts.dropped.values())

    def teardown(self) -> None:
        self.outbox.close()
        shutil.rmtree(self.folder)


Copies.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestCopies = Copies.TestCase
