"""Copies one store into another, series by series, and believes nothing that it has not read back.

The ledger comes last: until every series reads back as it was, the target knows of no row, and its journal keeps every
other program away. A copy that was broken off goes on with the series that are missing or have changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cloud.core.series import DAY_MS, SeriesKey, window_start
from cloud.core.store_transfer import Books, StoreSource, StoreTarget, TransferRefused
from cloud.store_copy.digest import Digest, Span, digest_of, parts
from cloud.store_copy.journal import Journal

Tell = Callable[[str, int, int], None]
"""Told what is being done (`read`, `copy`, `check`), how many series are through, and of how many."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What the target holds now, and how many of its series this run has written."""

    series: int
    written: int
    readings: int
    means: int
    rows: int


def copy_store(source: StoreSource, target: StoreTarget, journal: Journal, tell: Tell) -> Copied:
    """Copy everything; raises TransferRefused for what cannot be copied, and for a target that is not empty.

    Nothing may be written to either store meanwhile.
    """
    keys = source.series()
    if not journal.is_begun and not target.is_empty():
        raise TransferRefused("not_empty", target=journal.target)
    spans = {key: source.span(key) for key in keys}
    wanted: dict[SeriesKey, Digest] = {}
    for key in keys:
        wanted[key] = digest_of(source, key, spans[key])
        tell("read", len(wanted), len(keys))
    journal.begin()
    books = source.books()
    newest_ms = max((one.measured_ms for one in books.newest.values()), default=0)
    target.settle({key: one.kinds for key, one in wanted.items()}, window_start(newest_ms, DAY_MS))
    written = _write(source, target, journal, wanted, spans, tell)
    for number, key in enumerate(keys, 1):
        found = digest_of(target, key, spans[key])
        if found.sha256 != wanted[key].sha256:
            journal.note(key, "")
            raise _difference(key, wanted[key], found)
        tell("check", number, len(keys))
    target.enter(books, {key: one.first_ms for key, one in wanted.items() if one.first_ms is not None})
    _check_books(books, target.books())
    journal.end()
    digests = wanted.values()
    readings, means = sum(one.readings for one in digests), sum(one.means for one in digests)
    return Copied(len(keys), written, readings, means, _rows(books))


def _write(
    source: StoreSource,
    target: StoreTarget,
    journal: Journal,
    wanted: Mapping[SeriesKey, Digest],
    spans: Mapping[SeriesKey, Span | None],
    tell: Tell,
) -> int:
    missing = [key for key, one in wanted.items() if journal.done.get(key) != one.sha256]
    for number, key in enumerate(missing, 1):
        for part in parts(source, key, spans[key]):
            target.put(key, part)
        journal.note(key, wanted[key].sha256)
        tell("copy", number, len(missing))
    return len(missing)


def _difference(key: SeriesKey, wanted: Digest, found: Digest) -> TransferRefused:
    counts = {"wanted": wanted.readings + wanted.means, "found": found.readings + found.means}
    return TransferRefused("differs", series=f"{key.group}/{key.device}/{key.point}", **counts)


def _check_books(wanted: Books, found: Books) -> None:
    """Counts of nothing are not kept everywhere."""
    for name, one, other in (
        ("ledger", wanted.ledger, found.ledger),
        ("sources", wanted.sources, found.sources),
        ("fates", _counted(wanted), _counted(found)),
        ("thinned", wanted.thinned, found.thinned),
        ("newest", wanted.newest, found.newest),
    ):
        if one != other:
            raise TransferRefused("books_differ", book=name)


def _counted(books: Books) -> dict[tuple[str, str], int]:
    return {place: amount for place, amount in books.fates.items() if amount}


def _rows(books: Books) -> int:
    return sum(last - first + 1 for ranges in books.ledger.values() for first, last in ranges)
