"""Reads more requests than one call of the book gives, newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cloud.services.ports import RequestBook
from cloud.services.request import ServiceRequest

PAGE = 1000


def newest_first(
    book: RequestBook, institution_ids: Collection[str], start_ms: int, end_ms: int | None = None
) -> Iterator[ServiceRequest]:
    """Every request asked within start <= time < end, newest first, read page by page as it is asked for."""
    seen: set[str] = set()
    while True:
        page = book.requests(institution_ids, start_ms=start_ms, end_ms=end_ms, limit=PAGE)
        fresh = [one for one in page if one.request_id not in seen]
        yield from fresh
        if len(page) < PAGE:
            return
        seen.update(one.request_id for one in fresh)
        # Several may have been asked in the same millisecond as the last one; a page of nothing else is passed by.
        end_ms = page[-1].asked_ms + (1 if fresh else 0)
