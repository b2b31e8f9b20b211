"""What a thinning leaves decides the same figures as what was there before."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from cloud.core.series import Sample, SeriesKey
from cloud.telemetry.interval import QUARTER_MS, share_out, whole_quarters
from cloud.telemetry.register import registers_of
from cloud.telemetry.thinning import changing, deciding
from gateway.messages import Quality

KEY = SeriesKey("county", "a-main", "Energy/Active/Total")
TURN = 100_000
steps = st.lists(
    st.tuples(
        st.one_of(st.integers(1, QUARTER_MS // 10), st.integers(1, 5 * QUARTER_MS)),
        st.one_of(st.integers(0, 50), st.integers(0, TURN // 3)),
        st.sampled_from(["read"] * 8 + ["reset", "bad", "none"]),
    ),
    max_size=60,
)


def counted(told: list[tuple[int, int, str]]) -> list[Sample]:
    """A counter that wraps at TURN, with resets, BAD readings and readings without value between."""
    samples, value = [], 0
    for at_ms, (_, growth, event) in zip(accumulate(gap for gap, *_ in told), told, strict=True):
        value = growth if event == "reset" else (value + growth) % TURN
        quality = Quality.BAD if event == "bad" else Quality.GOOD
        samples.append(Sample(at_ms, None if event == "none" else value, quality))
    return samples


@given(steps)
def test_the_registers_that_stay_decide_the_same_quarters(told: list[tuple[int, int, str]]) -> None:
    samples = counted(told)
    kept = deciding(samples)
    thinned = [one for one in samples if one.measured_ms in kept]
    assert kept <= {one.measured_ms for one in samples}
    for wrap in (None, TURN):
        before, after = (registers_of(given) for given in (samples, thinned))
        assert share_out(after, wrap) == share_out(before, wrap)
        assert whole_quarters(KEY, after, wrap) == whole_quarters(KEY, before, wrap)
    assert deciding(thinned) == kept


def test_a_quarter_hour_of_many_registers_keeps_two() -> None:
    samples = [Sample(number * 10_000, number) for number in range(90)]
    assert deciding(samples) == {0, 890_000}


@given(st.lists(st.tuples(st.sampled_from([0, 1, None]), st.sampled_from([Quality.GOOD, Quality.BAD]))))
def test_a_state_keeps_its_changes_and_its_last_moment(told: list[tuple[int | None, Quality]]) -> None:
    samples = [Sample(place, value, quality) for place, (value, quality) in enumerate(told)]
    left = [one for one in samples if one.measured_ms in changing(samples)]

    def at(moment: int, given: list[Sample]) -> tuple[object, Quality]:
        newest = [one for one in given if one.measured_ms <= moment][-1]
        return newest.value, newest.quality

    assert all(at(one.measured_ms, left) == (one.value, one.quality) for one in samples)
    assert left[-1:] == samples[-1:]
