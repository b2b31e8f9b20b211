import pytest

from edge_agent.drivers.line.unit_health import UnitHealth, UnitQuarantined, UnitState


def test_two_failures_in_a_row_quarantine_a_unit() -> None:
    health = UnitHealth("bus/3")
    health.failed(0)
    assert health.state is UnitState.SUSPECT
    health.require_turn(0)
    health.failed(0)
    assert health.state is UnitState.QUARANTINED
    with pytest.raises(UnitQuarantined, match=r"bus/3: silent, asked again in 1.0 s"):
        health.require_turn(0)


def test_one_good_answer_makes_a_unit_ok_again() -> None:
    health = UnitHealth("bus/3")
    health.failed(0)
    health.answered()
    health.failed(1)
    assert health.state is UnitState.SUSPECT


def test_probes_come_at_doubling_distance_up_to_five_minutes() -> None:
    health = UnitHealth("bus/3")
    health.failed(0)
    now_s, waits = 0.0, []
    for _ in range(11):
        health.failed(now_s)
        with pytest.raises(UnitQuarantined) as quarantined:
            health.require_turn(now_s)
        waits.append(quarantined.value.for_s)
        now_s += quarantined.value.for_s
        health.require_turn(now_s)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_the_back_off_starts_anew_after_an_answer() -> None:
    health = UnitHealth("bus/3")
    for _ in range(5):
        health.failed(0)
    health.answered()
    health.failed(100)
    health.failed(100)
    with pytest.raises(UnitQuarantined) as quarantined:
        health.require_turn(100)
    assert quarantined.value.for_s == 1
    health.require_turn(101)
