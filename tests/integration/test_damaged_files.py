"""Outbox and command journal damaged in every way: the agent starts, nothing is wiped, the cloud will be told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from edge_agent.app import open_outbox_file
from edge_agent.commands.journal import Journal
from edge_agent.delivery.outbox import Lane, NewRow, Outbox
from edge_agent.local.places import JOURNAL_FILE, OUTBOX_FILE, POLLING
from foundation.clock import SystemClock
from foundation.damage import damaged_files
from foundation.disk import SystemDisk
from foundation.rng import SystemRng
from gateway.messages import DeviceMessage, Reading
from gateway.row_reader import read_row
from gateway.sparkplug.codec import parse
from gateway.sparkplug.vocabulary import row_body
from tests.support.ports import free_port
from tests.support.process import ChildProcess, xietong

ROWS, PER_ROW, READY_S = 2_000, 2, 10
Injure = Callable[[bytearray], None]


def truncated(content: bytearray) -> None:
    del content[len(content) * 2 // 3 :]


def zero_filled(content: bytearray) -> None:
    content[:] = bytes(len(content))


def flipped(content: bytearray) -> None:
    start = len(content) * 2 // 3 // 4_096 * 4_096
    for place in range(start, min(start + 4_096, len(content))):
        content[place] ^= 0x55


def wrong_header(content: bytearray) -> None:
    content[:100] = b"x" * 100


def site_in(folder: Path) -> Path:
    site = folder / "site.yaml"
    content = {
        "schema": "xietong.site/1", "group": "g", "node": "n", "data_dir": "edge", "buses": [], "devices": [],
        "broker": {"host": "127.0.0.1", "port": free_port()},
    }  # fmt: skip
    site.write_text(yaml.safe_dump(content), encoding="utf-8")
    return site


def fill(data: Path) -> str:
    """An outbox of ROWS rows and a journal; the stream of the outbox."""
    outbox = Outbox(data / OUTBOX_FILE, disk=SystemDisk(), rng=SystemRng(), max_rows=10**6)
    rows = []
    for number in range(ROWS):
        readings = tuple(Reading(f"P{n}", float(number * 7919 % 10007), 1_790_000_000_000) for n in range(PER_ROW))
        rows.append(NewRow("a-main", row_body(DeviceMessage("a-main", readings)), PER_ROW))
    outbox.put(rows, now_ms=1_790_000_000_000)
    outbox.close()
    journal = Journal(data / JOURNAL_FILE, disk=SystemDisk(), clock=SystemClock())
    for number in range(300):
        journal.hold(f"device-{number}", "Setpoint/Temperature", 20.0)
    journal.shut()
    return outbox.stream


def polls(outbox_file: Path) -> bool:
    with closing(open_outbox_file(outbox_file)) as outbox:
        return outbox.notes().get(POLLING) == "yes"


def told(outbox_file: Path) -> list[tuple[str, object]]:
    with closing(open_outbox_file(outbox_file)) as outbox:
        rows = [read_row(parse(row.body), {}, {}) for row in outbox.rows_after(Lane.LIVE, 0, limit=2 * ROWS)]
    return sorted((event.kind, event.data.get("file")) for row in rows for event in row.events)


@pytest.mark.parametrize("how", [truncated, zero_filled, flipped, wrong_header])
def test_the_agent_starts_on_damaged_files_and_keeps_them(how: Injure, tmp_path: Path) -> None:
    site, data = site_in(tmp_path), tmp_path / "edge"
    stream = fill(data)
    injured = {}
    for name in (OUTBOX_FILE, JOURNAL_FILE):
        content = bytearray((data / name).read_bytes())
        how(content)
        (data / name).write_bytes(content)
        injured[name] = bytes(content)
    agent = ChildProcess("edge", xietong("edge", "run", "--site", site), tmp_path / "edge.log").start()
    try:
        agent.wait_until(lambda: bool(damaged_files(data / JOURNAL_FILE)), READY_S, "files set aside")
        agent.wait_until(lambda: polls(data / OUTBOX_FILE), READY_S, "polling")
        agent.wait_until(lambda: len(told(data / OUTBOX_FILE)) >= 2, READY_S, "events")
        if how in (truncated, flipped):
            agent.wait_until(lambda: history(data / OUTBOX_FILE) > 0, READY_S, "rows brought over")
    finally:
        agent.clean_up()
    assert [one for one in told(data / OUTBOX_FILE) if one[0] == "edge.store_damaged"] == [
        ("edge.store_damaged", JOURNAL_FILE),
        ("edge.store_damaged", OUTBOX_FILE),
    ]
    for name, content in injured.items():
        assert [one.read_bytes() for one in damaged_files(data / name)] == [content]
    with closing(open_outbox_file(data / OUTBOX_FILE)) as outbox:
        assert outbox.stream != stream
        counts = outbox.counts()
        print(f"{how.__name__}: {counts.readings} of {ROWS * PER_ROW} readings brought over")
        assert counts.acquired == counts.readings


def history(outbox_file: Path) -> int:
    with closing(open_outbox_file(outbox_file)) as outbox:
        return outbox.counts().history_rows


def test_a_file_copied_back_is_noticed_and_told(tmp_path: Path) -> None:
    site, data = site_in(tmp_path), tmp_path / "edge"
    stream = fill(data)
    agent = ChildProcess("edge", xietong("edge", "run", "--site", site), tmp_path / "edge.log")
    copy = None
    for _ in range(2):
        agent.start()
        try:
            agent.wait_for_line("broker not reachable", READY_S)
            agent.terminate()
        finally:
            agent.clean_up()
        copy = copy or (data / OUTBOX_FILE).read_bytes()
    with closing(open_outbox_file(data / OUTBOX_FILE)) as outbox:
        assert outbox.stream == stream
    for end in ("-wal", "-shm"):
        (data / (OUTBOX_FILE + end)).unlink(missing_ok=True)
    (data / OUTBOX_FILE).write_bytes(copy)
    agent.start()
    try:
        agent.wait_until(lambda: told(data / OUTBOX_FILE) == [("edge.stream_renewed", None)], READY_S, "told")
    finally:
        agent.clean_up()
    with closing(open_outbox_file(data / OUTBOX_FILE)) as outbox:
        assert outbox.stream != stream
        assert outbox.counts().acquired == outbox.counts().readings == ROWS * PER_ROW
