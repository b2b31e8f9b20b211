from hypothesis import given
from hypothesis import strategies as st

from edge_agent.acquisition.poll_schedule import COMMON_S, PollSchedule, common_start, poll_periods
from edge_agent.site import PollPlan

PERIODS = poll_periods(PollPlan(fast_s=5, normal_s=15, slow_s=60))


def test_everything_is_due_at_the_start_and_nothing_before() -> None:
    schedule = PollSchedule(["fast", "slow"], PERIODS, start_s=2.0)
    assert schedule.take_due(1.9) == set()
    assert schedule.next_s == 2.0
    assert schedule.take_due(2.0) == {"fast", "slow"}


def test_slow_polls_meet_fast_ones() -> None:
    schedule = PollSchedule(["fast", "normal", "slow"], PERIODS, start_s=0.0)
    due = {at_s: schedule.take_due(at_s) for at_s in range(0, 65, 5)}
    assert due[0] == due[60] == {"fast", "normal", "slow"}
    assert due[15] == due[30] == {"fast", "normal"}
    assert due[5] == due[10] == {"fast"}


def test_polls_that_were_missed_are_skipped_and_not_made_up() -> None:
    schedule = PollSchedule(["fast"], PERIODS, start_s=0.0)
    schedule.take_due(0.0)
    assert schedule.take_due(23.0) == {"fast"}
    assert schedule.next_s == 25.0
    assert schedule.take_due(23.1) == set()


def test_a_device_read_only_once_is_still_asked_whether_it_lives() -> None:
    schedule = PollSchedule(["once"], PERIODS, start_s=0.0)
    assert schedule.take_due(0.0) == {"slow"}
    assert schedule.next_s == 60.0


@given(
    period=st.floats(0.05, 100),
    start=st.floats(0, 1e6),
    late=st.lists(st.floats(0, 3), min_size=1, max_size=50),
)
def test_times_never_drift_however_late_the_polls_come(period: float, start: float, late: list[float]) -> None:
    schedule = PollSchedule(["fast"], {**PERIODS, "fast": period}, start_s=start)
    for lateness in late:
        now_s = schedule.next_s + lateness * period
        assert schedule.take_due(now_s) == {"fast"}
        assert now_s < schedule.next_s <= now_s + 2 * period
        turns = (schedule.next_s - start) / period
        assert abs(turns - round(turns)) < 1e-6 * max(1.0, turns)


@given(begin=st.floats(0, 1e6), period=st.floats(0.05, 1), lines=st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_devices_of_all_lines_begin_at_the_same_few_moments(begin: float, period: float, lines: list[int]) -> None:
    wanted = [begin + index / devices * period for devices in lines for index in range(devices)]
    starts = [common_start(one, period) for one in wanted]
    assert len({round(one, 6) for one in starts}) <= 5
    assert all(-1e-6 <= one - start <= period / 4 + 1e-6 for one, start in zip(wanted, starts, strict=True))


@given(wanted=st.floats(0, 1e6), period=st.floats(0.05, 1_000))
def test_nobody_misses_a_poll_by_beginning_at_a_common_moment(wanted: float, period: float) -> None:
    start_s = common_start(wanted, period)
    schedule = PollSchedule(["fast"], {**PERIODS, "fast": period}, start_s=start_s)
    assert wanted - start_s <= COMMON_S + 1e-6
    assert schedule.take_due(wanted) == {"fast"}
    assert schedule.missed == 0
