"""The small parts: the limit of knocking, and reading page by page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.services import rate_limit, request_pages
from cloud.services.catalogue import load_services
from cloud.services.rate_limit import RateLimit, visitor_of
from cloud.services.request import ServiceRequest
from cloud.services.request_life import Asking, submitted
from cloud.services.request_pages import newest_first


@given(st.lists(st.integers(0, 50), max_size=60))
def test_no_window_ever_admits_more_than_allowed(pauses: list[int]) -> None:
    limit, now_ms, admitted = RateLimit(3, 0.1), 0, list[int]()
    for pause in pauses:
        now_ms += pause
        if limit.admits("a", now_ms):
            admitted.append(now_ms)
    for at_ms in admitted:
        assert sum(at_ms <= other < at_ms + 100 for other in admitted) <= 3


def test_visitors_are_counted_apart_and_refused_ones_do_not_count() -> None:
    limit = RateLimit(1, 1.0)
    assert limit.admits("a", 0)
    assert not limit.admits("a", 999)
    assert limit.admits("b", 999)
    assert limit.admits("a", 1000)


def test_no_crowd_of_visitors_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MOST_VISITORS", 3)
    limit = RateLimit(1, 1.0)
    for visitor in "abcd":
        assert limit.admits(visitor, 0)
    assert limit.admits("a", 0)
    assert not limit.admits("d", 0)


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1%eth0", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_visitor_with_a_network_of_addresses_is_one_visitor(address: str, visitor: str) -> None:
    assert visitor_of(address) == visitor


class _Book:
    """Requests in memory, as the port gives them."""

    def __init__(self, requests: list[ServiceRequest]) -> None:
        self._requests = sorted(requests, key=lambda one: -one.asked_ms)

    def requests(
        self, _ids: Collection[str], *, start_ms: int = 0, end_ms: int | None = None, limit: int = 1000
    ) -> list[ServiceRequest]:
        found = [
            one for one in self._requests if start_ms <= one.asked_ms and (end_ms is None or one.asked_ms < end_ms)
        ]
        return found[:limit]


@pytest.mark.parametrize("times", [[], [5], list(range(20)), [7] * 3 + [3, 3, 1], [2] * 4 + [1]])
def test_pages_give_every_request_once_newest_first(times: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_pages, "PAGE", 4)
    pattern = submitted(load_services()["repair"], Asking("r", "office", "building:a", "li", {}), 0)
    requests = [replace(pattern, request_id=f"r-{number}", asked_ms=at_ms) for number, at_ms in enumerate(times)]
    found = list(newest_first(cast(Any, _Book(requests)), ["office"], 0))
    assert sorted(one.request_id for one in found) == sorted(one.request_id for one in requests)
    assert [one.asked_ms for one in found] == sorted(times, reverse=True)
