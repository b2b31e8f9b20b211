"""The link counts as lost only after the site's patience."""

from __future__ import annotations

from edge_agent.commands.link_watch import LinkWatch
from tests.support.manual_clock import ManualClock


def lost(watch: LinkWatch) -> bool:
    return watch.is_lost


def test_a_link_is_lost_only_after_the_allowed_time_offline() -> None:
    clock = ManualClock()
    watch = LinkWatch(clock, 120)
    watch.online()
    clock.advance(10_000)
    assert not lost(watch)
    watch.offline()
    clock.advance(120)
    assert not lost(watch)
    clock.advance(0.1)
    assert lost(watch)
    watch.online()
    assert not lost(watch)


def test_telling_offline_again_does_not_start_the_wait_anew() -> None:
    clock = ManualClock()
    watch = LinkWatch(clock, 120)
    watch.online()
    for _ in range(5):
        watch.offline()
        clock.advance(30)
    assert lost(watch)


def test_a_process_that_never_had_a_session_loses_the_link_too() -> None:
    clock = ManualClock()
    watch = LinkWatch(clock, 120)
    assert not lost(watch)
    clock.advance(121)
    assert lost(watch)


def test_a_stepped_wall_clock_does_not_lose_the_link() -> None:
    clock = ManualClock()
    watch = LinkWatch(clock, 120)
    watch.online()
    watch.offline()
    clock.set_wall(clock.now_ms() + 10**12)
    assert not lost(watch)
