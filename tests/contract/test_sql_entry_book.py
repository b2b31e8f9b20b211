"""What institutions enter keeps every version, each with the time in which it was what was known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import migrate, reading, writing
from cloud.adapters.sql.tables import setting
from cloud.desks.books import Books
from cloud.energy.entry_list import EntryKind, EntryList
from cloud.energy.ports import EntryBook

CHEAP, DEAR = {"id": "own", "prices": {"flat": "0.60"}}, {"id": "own", "prices": {"flat": "0.75"}}


@pytest.fixture
def book(ports: Books) -> EntryBook:
    return ports.energy.entries


def entered(*entries: dict[str, object], at_ms: int, reason: str = "notice 12", to: str = "office") -> EntryList:
    return EntryList(to, EntryKind.TARIFF, entries, reason, "li", at_ms)


def test_a_list_that_was_never_entered_is_empty(book: EntryBook) -> None:
    assert book.entries("office", EntryKind.TARIFF) == EntryList("office", EntryKind.TARIFF)
    assert book.versions("office", EntryKind.TARIFF) == []


def test_the_current_list_is_the_last_one_and_earlier_ones_are_what_was_known_then(book: EntryBook) -> None:
    assert book.enter(entered(CHEAP, at_ms=1_000))
    assert book.enter(entered(DEAR, at_ms=5_000, reason="corrected"))
    assert book.entries("office", EntryKind.TARIFF).entries == (DEAR,)
    known = {at: book.entries("office", EntryKind.TARIFF, at).entries for at in (999, 1_000, 4_999, 5_000)}
    assert known == {999: (), 1_000: (CHEAP,), 4_999: (CHEAP,), 5_000: (DEAR,)}
    first, second = book.versions("office", EntryKind.TARIFF)
    assert (first.known_from_ms, first.known_to_ms, first.reason) == (1_000, 5_000, "notice 12")
    assert (second.known_from_ms, second.known_to_ms, second.reason, second.entered_by) == (
        5_000,
        None,
        "corrected",
        "li",
    )


def test_the_same_entries_again_are_no_new_version(book: EntryBook) -> None:
    assert book.enter(entered(CHEAP, at_ms=1_000))
    assert not book.enter(entered(dict(CHEAP), at_ms=2_000))
    assert not book.enter(EntryList("office", EntryKind.QUOTA))
    assert len(book.versions("office", EntryKind.TARIFF)) == 1


def test_lists_of_other_institutions_and_kinds_stay_as_they_are(book: EntryBook) -> None:
    book.enter(entered(CHEAP, at_ms=1_000))
    book.enter(entered(DEAR, at_ms=1_000, to="school"))
    assert book.entries("office", EntryKind.TARIFF).entries == (CHEAP,)
    assert book.entries("office", EntryKind.QUOTA).entries == ()


def test_a_clock_that_was_set_back_ends_no_version_before_it_began(book: EntryBook) -> None:
    book.enter(entered(CHEAP, at_ms=5_000))
    book.enter(entered(DEAR, at_ms=1_000))
    first, second = book.versions("office", EntryKind.TARIFF)
    assert (first.known_from_ms, first.known_to_ms, second.known_from_ms) == (5_000, 5_000, 5_000)
    assert book.entries("office", EntryKind.TARIFF, 5_000).entries == (DEAR,)


def test_people_who_enter_at_once_leave_one_current_version(book: EntryBook) -> None:
    lists = [entered({"id": str(number)}, at_ms=1_000 + number) for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(book.enter, lists))
    versions = book.versions("office", EntryKind.TARIFF)
    assert len(versions) == 8
    assert [one.known_to_ms for one in versions] == [*(one.known_from_ms for one in versions[1:]), None]


def test_what_a_setting_held_before_there_were_versions_becomes_the_first(empty_engine: sa.Engine) -> None:
    migrate(empty_engine, "0005")
    with writing(empty_engine) as connection:
        values = {"institution_id": "office", "name": "energy.tariffs", "value": [CHEAP]}
        connection.execute(sa.insert(setting).values(**values))
    migrate(empty_engine, "0006")
    with reading(empty_engine) as connection:
        rows = connection.execute(sa.text("SELECT kind, known_from_ms, known_to_ms FROM entry_list")).all()
        assert [tuple(row) for row in rows] == [("tariff", 0, 0)]
        assert connection.execute(sa.select(setting)).all() == []
