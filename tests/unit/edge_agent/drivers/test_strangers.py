"""Strangers at a port: never too many, the new always find room, and one address cannot crowd out the others."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.strangers import SAY_EVERY_S, SPARE, SPARE_PER_ADDRESS, Strangers, origin_of
from tests.support.manual_clock import ManualClock

ADDRESSES = [f"127.0.0.{number}" for number in range(1, 41)]
STEPS = st.lists(
    st.tuples(st.sampled_from(["enter"] * 6 + ["prove", "leave"]), st.integers(0, 39), st.integers(0, 60)),
    min_size=40,
    max_size=120,
)


@given(steps=STEPS, crowd=st.integers(1, 40), expected=st.integers(0, 4))
def test_whoever_calls_finds_room_and_only_the_oldest_of_a_full_address_gives_way(
    steps: list[tuple[str, int, int]], crowd: int, expected: int
) -> None:
    strangers: Strangers[int] = Strangers(ManualClock())
    inside: dict[int, str] = {}
    went = pushed_out = 0
    for number, (what, place, chosen) in enumerate(steps):
        caller = list(inside)[chosen % len(inside)] if inside else -1
        if what != "enter":
            there = inside.pop(caller, None) is not None
            assert (strangers.prove(caller) if what == "prove" else strangers.leave(caller)) is there
            went += there and what == "leave"
            continue
        address, held = ADDRESSES[place % crowd], Counter(inside.values())
        goes = strangers.enter(number, address, expected=expected)
        is_share_taken = held[address] == SPARE_PER_ADDRESS + expected
        assert (goes is not None) == (is_share_taken or len(inside) == SPARE + 2 * expected)
        if goes is not None:
            of = inside[goes]
            assert of == address if is_share_taken else held[of] == max(held.values())
            assert goes == min(one for one, where in inside.items() if where == of), "the oldest of its address"
            if set(held.values()) == {1}:
                assert goes == min(inside), "among equals the oldest of all"
            del inside[goes]
            went, pushed_out = went + 1, pushed_out + 1
        inside[number] = address
        assert len(strangers) == len(inside) <= SPARE + 2 * expected
    assert (strangers.total, strangers.pushed_out) == (went, pushed_out)


def test_one_alone_at_its_address_outlasts_a_flood_from_others() -> None:
    strangers: Strangers[int] = Strangers(ManualClock())
    assert strangers.enter(-1, "10.0.0.1", expected=1) is None
    for number in range(2_000):
        strangers.enter(number, ADDRESSES[number % 5], expected=1)
    assert strangers.prove(-1)
    assert not strangers.prove(-1)
    assert not strangers.leave(-1), "proven: none of them any more"
    assert strangers.total == strangers.pushed_out == 2_000 - len(strangers)


def test_the_log_gets_one_line_a_minute_and_the_line_counts_all() -> None:
    clock = ManualClock()
    strangers: Strangers[int] = Strangers(clock)
    lines = []
    for number in range(1_000):
        strangers.enter(number, "10.0.0.1", expected=0)
        strangers.leave(number)
        lines.append(strangers.remark())
    assert lines[0] == (
        "1 callers since the start were nobody of this site, 0 of them gave way to newer ones; the latest from 10.0.0.1"
    )
    assert set(lines[1:]) == {None}
    clock.advance(SAY_EVERY_S)
    assert str(strangers.remark()).startswith("1000 callers")
    assert strangers.remark() is None


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, origin: str) -> None:
    assert origin_of(address) == origin
