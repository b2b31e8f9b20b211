"""What is known to hold no readings is passed over, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import integers, lists, sets

from edge_agent.delivery.gaps import Gaps


@given(sets(integers(1, 20_000), max_size=6), lists(integers(0, 20_000), max_size=30), integers(0, 20_000))
def test_no_readings_are_ever_passed_over(readings: set[int], looked_from: list[int], asked: int) -> None:
    gaps = Gaps()
    for after in looked_from:
        following = min((spool for spool in readings if spool > after), default=20_001)
        gaps.note(after, following - 1)
    passed = gaps.skip(asked)
    assert passed >= asked
    assert not [spool for spool in readings if asked < spool <= passed]


def test_a_long_import_is_passed_over_the_second_time() -> None:
    gaps = Gaps()
    gaps.note(7, 500_000)
    assert (gaps.skip(7), gaps.skip(499_999), gaps.skip(500_000), gaps.skip(6)) == (500_000, 500_000, 500_000, 6)
