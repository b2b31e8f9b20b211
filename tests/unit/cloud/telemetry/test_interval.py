"""Interval energy: exact, whole, and honest about what was not measured."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.core.series import Sample, SeriesKey
from cloud.telemetry.interval import QUARTER_MS, Share, islands, share_out, whole_quarters
from cloud.telemetry.register import Register, growth, registers_of
from gateway.messages import Quality

KEY = SeriesKey("demo-county", "a-main", "Energy/Active/Total")
MINUTE_MS = 60_000


@st.composite
def readings_of_a_counter(draw: st.DrawFn) -> list[Register]:
    steps = draw(st.lists(st.tuples(st.integers(1, 3 * QUARTER_MS), st.integers(0, 50_000)), min_size=1, max_size=40))
    at_ms, value = draw(st.integers(0, 10 * QUARTER_MS)), draw(st.integers(0, 10**9))
    registers = [Register(at_ms, value)]
    for later_ms, more in steps:
        at_ms, value = at_ms + later_ms, value + more
        registers.append(Register(at_ms, value))
    return registers


@given(readings_of_a_counter())
def test_the_shares_add_up_to_the_register_difference(registers: list[Register]) -> None:
    shares = share_out(registers)
    assert sum(share.delta for share in shares.values()) == registers[-1].value - registers[0].value
    assert all(share.delta >= 0 for share in shares.values())


@given(readings_of_a_counter(), st.data())
def test_booking_in_batches_gives_the_same_quarters_as_booking_at_once(
    registers: list[Register], data: st.DataObject
) -> None:
    at_once = whole_quarters(KEY, registers)
    cut = data.draw(st.integers(0, len(registers) - 1))
    first = whole_quarters(KEY, registers[: cut + 1])
    # The second batch begins with the last register at or before the end of the first.
    booked_until = first[-1].end_ms if first else -(-registers[0].at_ms // QUARTER_MS) * QUARTER_MS
    begin = max((place for place, one in enumerate(registers) if one.at_ms <= booked_until), default=0)
    second = [one for one in whole_quarters(KEY, registers[begin:]) if one.start_ms >= booked_until]
    assert first + second == at_once


@given(readings_of_a_counter())
def test_whole_quarters_follow_each_other_without_hole(registers: list[Register]) -> None:
    quarters = whole_quarters(KEY, registers)
    assert [one.end_ms for one in quarters[:-1]] == [one.start_ms for one in quarters[1:]]
    assert all(registers[0].at_ms <= one.start_ms and one.end_ms <= registers[-1].at_ms for one in quarters)


def test_growth_over_a_boundary_is_shared_by_time() -> None:
    # 10 minutes before the boundary, 5 after: 2/3 and 1/3 of 100, by largest remainder.
    registers = [Register(5 * MINUTE_MS, 1000), Register(20 * MINUTE_MS, 1100)]
    assert share_out(registers) == {0: Share(67, False), QUARTER_MS: Share(33, False)}


def test_registers_on_the_boundaries_need_no_sharing() -> None:
    registers = [Register(0, 5), Register(QUARTER_MS, 12), Register(2 * QUARTER_MS, 12)]
    assert [(one.delta, one.is_estimated) for one in whole_quarters(KEY, registers)] == [(7, False), (0, False)]


def test_a_gap_of_hours_is_filled_with_estimates_that_add_up() -> None:
    registers = [Register(0, 0), Register(QUARTER_MS, 10), Register(5 * QUARTER_MS, 11), Register(6 * QUARTER_MS, 20)]
    quarters = whole_quarters(KEY, registers)
    assert [one.is_estimated for one in quarters] == [False, True, True, True, True, False]
    assert [one.delta for one in quarters] == [10, 1, 0, 0, 0, 9]


def test_a_counter_wraps_where_the_profile_says() -> None:
    assert growth(Register(0, 4_294_967_290), Register(1, 10), wrap=4_294_967_296) == (16, False)


def test_a_counter_that_falls_far_from_its_wrap_began_anew() -> None:
    assert growth(Register(0, 5_000), Register(1, 40), wrap=4_294_967_296) == (40, True)
    assert growth(Register(0, 5_000), Register(1, 40), wrap=None) == (40, True)


def test_a_restarted_counter_is_flagged() -> None:
    quarters = whole_quarters(KEY, [Register(0, 5_000), Register(QUARTER_MS, 40)])
    assert [(one.delta, one.is_estimated) for one in quarters] == [(40, True)]


def test_bad_missing_and_unwhole_samples_say_nothing() -> None:
    samples = [
        Sample(0, 1),
        Sample(1, 2, Quality.BAD),
        Sample(2, None),
        Sample(3, 2.5),
        Sample(4, True),
        Sample(5, 3, Quality.STALE),
        Sample(6, 4),
    ]
    assert registers_of(samples) == [Register(0, 1), Register(6, 4)]


def test_a_fresh_gap_is_left_open_and_an_old_one_is_bridged() -> None:
    registers = [Register(0, 1), Register(10, 2), Register(500, 3), Register(510, 4)]
    assert [list(one) for one in islands(registers, bridge_ms=100, settled_ms=400)] == [registers[:2], registers[2:]]
    assert [list(one) for one in islands(registers, bridge_ms=100, settled_ms=600)] == [registers]
    assert list(islands([], bridge_ms=100, settled_ms=600)) == []
