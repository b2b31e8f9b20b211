"""What every EventLog keeps: each event once, in the order of commits, and a cursor per consumer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from cloud.core.event import Event, Severity
from cloud.core.ports import EventLog
from cloud.desks.books import Books


@pytest.fixture
def log(ports: Books) -> EventLog:
    return ports.event_log


def an_event(event_id: str = "e-1", **changes: Any) -> Event:
    event = Event(
        event_id=event_id,
        institution_id="office",
        kind="energy.threshold_breach",
        department="energy",
        severity=Severity.ORANGE,
        subject="device:a-main",
        occurred_ms=1_790_000_000_000,
        received_ms=1_790_000_000_500,
        is_late=True,
        data={"peak": 12.5, "name": "总表"},
    )
    return replace(event, **changes)


def test_event_comes_back_as_it_was_logged(log: EventLog) -> None:
    (logged,) = log.append([an_event()])
    assert logged.event == an_event()
    assert log.after(0) == [logged]


def test_same_event_id_is_logged_once_however_often_it_comes(log: EventLog) -> None:
    log.append([an_event("e-1")])
    assert [one.event.event_id for one in log.append([an_event("e-1"), an_event("e-2"), an_event("e-2")])] == ["e-2"]
    assert log.append([an_event("e-1"), an_event("e-2")]) == []
    assert [one.event.event_id for one in log.after(0)] == ["e-1", "e-2"]


def test_batch_larger_than_one_query_is_logged_once(log: EventLog) -> None:
    events = [an_event(f"e-{number}") for number in range(1200)]
    assert len(log.append(events)) == 1200
    assert log.append(events) == []
    assert [one.event.event_id for one in log.after(0, 2000)] == [event.event_id for event in events]


def test_positions_grow_without_gaps(log: EventLog) -> None:
    log.append([an_event("e-1"), an_event("e-2")])
    log.append([])
    log.append([an_event("e-2"), an_event("e-3")])
    assert [one.position for one in log.after(0)] == [1, 2, 3]
    assert [one.position for one in log.after(1, limit=1)] == [2]


def test_event_that_cannot_be_stored_takes_nothing_with_it(log: EventLog) -> None:
    with pytest.raises(ValueError, match=r"hold|large|range"):
        log.append([an_event("e-1"), an_event("e-2", occurred_ms=2**70)])
    assert log.after(0) == []
    assert [one.position for one in log.append([an_event("e-1")])] == [1]


def test_every_consumer_keeps_its_own_cursor(log: EventLog) -> None:
    assert log.cursor("detectors") == 0
    log.advance("detectors", 7)
    log.advance("detectors", 9)
    log.advance("notifier", 3)
    assert (log.cursor("detectors"), log.cursor("notifier"), log.cursor("unknown")) == (9, 3, 0)


def test_recent_is_newest_first_and_only_of_the_scope(log: EventLog) -> None:
    log.append([an_event("e-1"), an_event("e-2", institution_id="school"), an_event("e-3"), an_event("e-4")])
    assert [one.event.event_id for one in log.recent({"office"}, limit=2)] == ["e-4", "e-3"]
    assert [one.event.event_id for one in log.recent({"school"})] == ["e-2"]
    assert log.recent(set()) == []


def test_recent_can_be_limited_to_departments(log: EventLog) -> None:
    log.append([an_event("e-1"), an_event("e-2", department="vehicle")])
    assert [one.event.event_id for one in log.recent({"office"}, departments={"vehicle"})] == ["e-2"]
    assert log.recent({"office"}, departments=set()) == []


def test_writers_at_once_log_each_event_once(log: EventLog) -> None:
    events = [an_event(f"e-{number}") for number in range(40)]
    with ThreadPoolExecutor(4) as writers:
        logged = [one for batch in writers.map(log.append, [events] * 4) for one in batch]
    assert sorted(one.position for one in logged) == list(range(1, 41))
    assert len(log.after(0)) == 40


def test_reader_that_follows_never_passes_an_event_by(log: EventLog) -> None:
    total, stop = 120, threading.Event()
    seen: list[int] = []

    def follow() -> None:
        while not stop.is_set() or log.after(seen[-1] if seen else 0):
            seen.extend(one.position for one in log.after(seen[-1] if seen else 0))

    reader = threading.Thread(target=follow)
    reader.start()
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(lambda number: log.append([an_event(f"e-{number}")]), range(total)))
    stop.set()
    reader.join(timeout=60)
    assert seen == list(range(1, total + 1))
