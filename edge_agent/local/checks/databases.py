"""Outbox and command journal: whole, and how much waits. Read only, so the agent may be running."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from edge_agent.delivery import books
from edge_agent.delivery.rows import Kind
from edge_agent.local.checks.finding import Finding, Patient, fail, ok, warn
from edge_agent.local.places import JOURNAL_FILE, OUTBOX_FILE
from foundation.damage import damaged_files, suspect

OLD_S, FULL_SHARE = 3_600.0, 0.8
NAMES = (OUTBOX_FILE, JOURNAL_FILE)


def check_databases(patient: Patient) -> Iterator[Finding]:
    """SQLite's own quick check of both files, and what is left of earlier damage."""
    for name in NAMES:
        file = patient.site.data_dir / name
        for kept in damaged_files(file):
            yield warn("database.set_aside", name=kept.name, mebibytes=f"{kept.stat().st_size / 2**20:.1f}")
        if not file.exists():
            yield warn("database.none", name=name)
            continue
        try:
            with closing(_read_only(file)) as database:
                answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.Error as error:
            answer = str(error)
        if answer == "ok":
            yield ok("database.whole", name=name)
        else:
            suspect(file)
            yield fail("database.damaged", name=name, reason=answer)


def check_outbox(patient: Patient) -> Iterator[Finding]:
    """What waits for the cloud, since when, what was given up, and whether the books add up."""
    file = patient.site.data_dir / OUTBOX_FILE
    if not file.exists():
        return
    try:
        with closing(_read_only(file)) as database:
            rows, readings, oldest_ms = database.execute(
                "SELECT count(*), coalesce(sum(readings), 0), min(put_ms) FROM row"
            ).fetchone()
            counters = dict(database.execute("SELECT name, amount FROM counter").fetchall())
            used_bytes = _used_bytes(database)
    except sqlite3.Error as error:
        yield fail("outbox.unreadable", reason=error)
        return
    age_s = 0.0 if oldest_ms is None else max(0.0, (patient.clock.now_ms() - oldest_ms) / 1000)
    yield _waiting(rows, age_s, patient.site.outage.max_rows)
    if used_bytes > FULL_SHARE * (most := patient.site.outage.max_bytes):
        yield fail("outbox.nearly_full_bytes", used_mb=used_bytes // 10**6, max_mb=most // 10**6)
    dropped = sum(books.dropped_readings(counters).values())
    yield from _dropped(dropped, books.dropped_by_kind(counters))
    acquired = books.acquired(counters)
    if readings + dropped > acquired:
        yield fail("outbox.imbalance", acquired=acquired, waiting=readings, dropped=dropped)


def _dropped(readings: int, by_kind: Mapping[str, Mapping[str, int]]) -> Iterator[Finding]:
    facts = sum(sum(by_kind.get(kind.book, {}).values()) for kind in (Kind.EVENT, Kind.RECEIPT))
    if facts:
        yield warn("outbox.facts_dropped", rows=facts)
    if readings:
        yield warn("outbox.dropped", readings=readings)
    if not facts and not readings:
        yield ok("outbox.none_dropped")


def _waiting(rows: int, age_s: float, max_rows: int) -> Finding:
    facts = {"rows": rows, "minutes": round(age_s / 60)}
    if rows > FULL_SHARE * max_rows:
        return fail("outbox.nearly_full", **facts, max_rows=max_rows)
    return warn("outbox.old", **facts) if age_s > OLD_S else ok("outbox.waiting", **facts)


def _used_bytes(database: sqlite3.Connection) -> int:
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(database.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=5)
