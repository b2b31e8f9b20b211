"""What every CounterBook keeps: notes of counters with their versions, and what births say of changed parameters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud.core.counter_break import BreakKind, CounterBreak, ParamChange, RegisterCorrection
from cloud.core.ports import CounterBook
from cloud.core.series import SeriesKey
from cloud.desks.books import Books
from gateway.messages import DeviceBirth

KEY = SeriesKey("county", "a-main", "Energy/Active/Import")
EXCHANGE = CounterBreak(KEY, 5_000, 2**53 + 1, 0, BreakKind.EXCHANGE)
VOID = RegisterCorrection(KEY, 1_000, 2_000, None)


@pytest.fixture
def book(ports: Books) -> CounterBook:
    return ports.counters


def test_notes_come_back_by_time_and_the_same_again_changes_nothing(book: CounterBook) -> None:
    reset = CounterBreak(KEY, 500, None, 7, BreakKind.RESET)
    assert book.note("row:1", [EXCHANGE], "wang", 10)
    assert book.note("row:2", [VOID, replace(VOID, start_ms=3_000, end_ms=4_000, register=9)], "li", 11)
    assert book.note("row:3", [reset], "li", 12)
    assert not book.note("row:1", [EXCHANGE], "zhao", 13)
    assert book.notes() == [reset, VOID, replace(VOID, start_ms=3_000, end_ms=4_000, register=9), EXCHANGE]


def test_a_note_that_is_said_otherwise_keeps_its_earlier_version(book: CounterBook) -> None:
    later = replace(EXCHANGE, initial=3)
    book.note("row:1", [EXCHANGE], "wang", 10)
    book.note("row:1", [later], "wang", 20)
    book.note("row:1", [], "wang", 30)
    known = [book.notes(known_at_ms) for known_at_ms in (9, 10, 19, 20, 30, None)]
    assert known == [[], [EXCHANGE], [EXCHANGE], [later], [], []]


def test_versions_wait_until_they_are_booked_and_again_when_they_end(book: CounterBook) -> None:
    book.note("row:1", [EXCHANGE], "wang", 10)
    (version,) = book.unbooked()
    assert book.unbooked() == {version: EXCHANGE}
    book.booked([version])
    assert book.unbooked() == {}
    book.note("row:1", [VOID], "wang", 20)
    assert sorted(book.unbooked().values(), key=str) == [EXCHANGE, VOID]
    book.booked(list(book.unbooked()))
    assert book.unbooked() == {}


def test_births_tell_when_parameters_changed_and_between_which_times(ports: Books) -> None:
    born = [{"profile": "acrel.adl400", "param_ct": ct, "param_pt": "1", "name_en": ct} for ct in ("30", "30", "40")]
    ports.registry.node_born("county", "edge-1", "n1", 1_000)
    for at_ms, properties in enumerate(born, 2_000):
        ports.registry.device_born("county", "edge-1", DeviceBirth("a-main", properties, ()), at_ms)
    ports.registry.device_born("county", "edge-1", DeviceBirth("b-main", born[0], ()), 3_000)
    assert ports.counters.param_changes() == [
        ParamChange("county", "a-main", 2_000, 2_002, {"ct": "30", "pt": "1"}, {"ct": "40", "pt": "1"})
    ]
