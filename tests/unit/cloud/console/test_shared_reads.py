"""One read for all viewers of the same scope."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud.console.live import FORGET_S, SharedReads, scope_key
from cloud.core.access import Principal, Role
from tests.support.manual_clock import ManualClock


def test_a_view_is_read_again_only_when_it_is_old() -> None:
    clock, reads = ManualClock(), []
    shared = SharedReads(clock)

    def read() -> int:
        reads.append(1)
        return len(reads)

    assert [shared.get("a", 1.0, read), shared.get("a", 1.0, read)] == [1, 1]
    clock.advance(1.0)
    assert shared.get("a", 1.0, read) == 2


def test_many_viewers_at_once_cost_one_read() -> None:
    shared, begun, reads = SharedReads(ManualClock()), threading.Event(), []

    def read() -> str:
        reads.append(1)
        begun.wait(5)
        return "view"

    with ThreadPoolExecutor(8) as pool:
        views = [pool.submit(shared.get, "a", 1.0, read) for _ in range(8)]
        begun.set()
        assert {view.result(5) for view in views} == {"view"}
    assert len(reads) == 1


def test_a_failed_read_is_tried_again() -> None:
    shared = SharedReads(ManualClock())
    with pytest.raises(OSError, match="disk"):
        shared.get("a", 1.0, lambda: _raise(OSError("disk")))
    assert shared.get("a", 1.0, lambda: "view") == "view"


def test_views_that_nobody_asks_for_are_forgotten() -> None:
    clock = ManualClock()
    shared = SharedReads(clock)
    shared.get("old", 1.0, lambda: 1)
    clock.advance(FORGET_S + 1)
    shared.get("new", 1.0, lambda: 2)
    assert set(shared._slots) == {"new"}


def test_principals_of_different_scope_never_share_a_view() -> None:
    officer = Principal("a", frozenset({Role.ENERGY_OFFICER}), frozenset({"one"}))
    others = [
        Principal("a", frozenset({Role.STAFF}), frozenset({"one"})),
        Principal("a", frozenset({Role.ENERGY_OFFICER}), frozenset({"two"})),
        Principal("a", frozenset({Role.ENERGY_OFFICER}), frozenset({"one"}), "finance"),
    ]
    assert all(scope_key("x", other) != scope_key("x", officer) for other in others)
    assert scope_key("x", Principal("b", officer.roles, officer.institution_ids)) == scope_key("x", officer)


def _raise(error: Exception) -> str:
    raise error
