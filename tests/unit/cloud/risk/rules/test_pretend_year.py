"""The library over the pretend year: it finds every fault that was planted, and accuses nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from cloud.core.calendar import LOCAL
from cloud.core.plugins import load_plugins
from cloud.risk.rule import Rule, Sighting
from foundation.clock import to_ms
from simulators.compound import load_compound
from simulators.year.books import Books, Planted
from simulators.year.writer import make_books
from tests.support.office_books import OfficeBooks, at_ms, days_before, office_books, record

UNTIL = date(2026, 11, 25)
LISTS = ("assets", "equipment", "rooms")
"""Where a sighting about a department or a building names the things themselves."""

RULES = {rule.rule_id: rule for rule in load_plugins("cloud.risk.rules", "RULE", Rule).values()}
Seen = dict[str, list[Sighting]]


@pytest.fixture(scope="module")
def year() -> Books:
    return make_books(load_compound(), until=UNTIL)


@pytest.fixture(scope="module")
def seen(year: Books, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """What every examining rule sees on the morning after the year."""
    with office_books(tmp_path_factory.mktemp("year")) as books:
        books.now_ms = at_ms(UNTIL, 9)
        for kind, rows in year.rows.items():
            books.enter(*(record(kind, **{name: _kept(value) for name, value in row.values.items()}) for row in rows))
        _meter_october(books, next(one for one in year.planted if one.rule == "F02"))
        yield {rule_id: books.examine(rule) for rule_id, rule in RULES.items() if rule.examine is not None}


def test_every_planted_fault_is_found(year: Books, seen: Seen) -> None:
    missed = [(one.rule, one.subject) for one in year.planted if not any(_tells(it, one) for it in seen[one.rule])]
    assert len(year.planted) >= 12
    assert not missed


def test_nothing_is_seen_that_was_not_planted(year: Books, seen: Seen) -> None:
    accused = [
        (rule_id, one.subject)
        for rule_id, found in seen.items()
        for one in found
        if not any(planted.rule == rule_id and _tells(one, planted) for planted in year.planted)
    ]
    assert not accused


def test_lists_name_only_what_was_planted(year: Books, seen: Seen) -> None:
    named = {
        (rule_id, name)
        for rule_id, found in seen.items()
        for one in found
        for part in LISTS
        for name in str(one.data.get(part, "")).split(", ")
        if name
    }
    assert named == {
        (one.rule, one.subject.partition(":")[2]) for one in year.planted if one.rule in {rule for rule, _ in named}
    }


def _tells(sighting: Sighting, planted: Planted) -> bool:
    """Whether a sighting is about the planted subject, itself or in its list."""
    name = planted.subject.partition(":")[2]
    listed = [name for part in LISTS for name in str(sighting.data.get(part, "")).split(", ")]
    return sighting.subject == planted.subject or name in listed


def _meter_october(books: OfficeBooks, planted: Planted) -> None:
    """The meter of the overcharged building, as the bill should have told it."""
    first = planted.when
    days = days_before(date(first.year, first.month + 1, 1), 31)
    key = books.meter("c-main", "Wh", planted.subject.partition(":")[2])
    books.book(key, days, lambda *_: planted.facts["metered_kwh"] * 1000 / (31 * 24))
    # It was read yesterday too: a silent meter would be a finding of its own.
    books.book(key, days_before(UNTIL, 1), lambda *_: 1000)
    assert days[0] == first


def _kept(value: Any) -> Any:
    """A value of the pretend books as a record keeps it."""
    if isinstance(value, Decimal):
        return int(value * 100)
    return to_ms(value.replace(tzinfo=LOCAL)) if isinstance(value, datetime) else value
