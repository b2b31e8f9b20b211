"""Synergy degree and coupling coordination, by the worked examples and by their properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.evaluation.coupling import GRADES, coupling, grade_of, pairwise_coupling
from cloud.evaluation.order_degree import Bounds, Method, Orientation, efficacy, order_degree
from cloud.evaluation.synergy import synergy

LESS, MORE = Orientation.LESS, Orientation.MORE
S1 = {
    "energy": [(46, 38, LESS, 20, 80), (70, 76, MORE, 40, 100)],
    "vehicle": [(55, 50, LESS, 20, 70), (62, 65, MORE, 40, 90)],
    "service": [(60, 42, LESS, 30, 90), (78, 84, MORE, 60, 100)],
}
S2 = S1 | {"vehicle": [(55, 60, LESS, 20, 70), (62, 57, MORE, 40, 90)]}
DEGREES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 1), min_size=2)


def degrees(system: dict[str, list[tuple[float, float, Orientation, float, float]]], time: int) -> dict[str, float]:
    return {
        name: order_degree([efficacy(row[time], Bounds(*row[3:], "v", "s"), row[2])[0] for row in parameters])
        for name, parameters in system.items()
    }


def test_oracle_s1_three_subsystems_that_rise_together() -> None:
    earlier, later = degrees(S1, 0), degrees(S1, 1)
    assert earlier == pytest.approx({"energy": 0.532291, "vehicle": 0.363318, "service": 0.474342}, abs=1e-6)
    assert later == pytest.approx({"energy": 0.648074, "vehicle": 0.447214, "service": 0.692820}, abs=1e-6)
    found = synergy(earlier, later)
    assert found.changes == pytest.approx({"energy": 0.115783, "vehicle": 0.083896, "service": 0.218479}, abs=1e-6)
    assert (round(found.degree, 6), round(found.weighted_degree, 6)) == (0.128508, 0.139386)
    assert (found.band, found.falling, found.stalled) == ("weak", (), ())


def test_oracle_s2_one_that_falls_turns_the_sign_and_is_named() -> None:
    found = synergy(degrees(S2, 0), degrees(S2, 1))
    assert found.changes["vehicle"] == pytest.approx(-0.102550, abs=1e-6)
    assert round(found.degree, 6) == -0.137403
    assert (found.falling, found.band) == (("vehicle",), "none")
    assert found.net > 0


def test_oracle_s3_by_hand() -> None:
    earlier = {"a": 0.4, "b": 0.5, "c": 0.3}
    rising = synergy(earlier, {"a": 0.5, "b": 0.6, "c": 0.7})
    assert (round(rising.degree, 6), round(rising.weighted_degree, 9)) == (0.158740, 0.2)
    falling = synergy(earlier, {"a": 0.5, "b": 0.4, "c": 0.7})
    assert (round(falling.degree, 6), round(falling.weighted_degree, 9)) == (-0.158740, -0.2)


def test_subsystem_that_stands_still_makes_it_stalled() -> None:
    found = synergy({"a": 0.4, "b": 0.5}, {"a": 0.5, "b": 0.5})
    assert (found.degree, found.weighted_degree, found.stalled) == (0.0, 0.0, ("b",))
    assert found.net == pytest.approx(0.05)


@given(DEGREES, DEGREES)
def test_synergy_stays_within_one_and_changes_its_sign_with_time(
    one: dict[str, float], other: dict[str, float]
) -> None:
    if len(set(one) & set(other)) < 2:
        with pytest.raises(ValueError, match="two subsystems"):
            synergy(one, other)
        return
    found, back = synergy(one, other), synergy(other, one)
    assert -1 <= found.degree <= 1
    assert abs(found.degree) == pytest.approx(abs(back.degree))
    assert back.net == pytest.approx(-found.net)


def test_oracle_k1_two_systems() -> None:
    found = coupling({"a": 0.9, "b": 0.4})
    assert found.coupling is not None
    assert (round(found.coupling, 6), round(found.level, 6), round(found.coordination, 6)) == (0.923077, 0.65, 0.774597)
    assert found.grade == "intermediate_coordination"


def test_oracle_k2_three_systems_with_and_without_weights() -> None:
    system = {"a": 0.8, "b": 0.5, "c": 0.2}
    found = coupling(system)
    assert found.coupling is not None
    assert (round(found.coupling, 6), round(found.level, 6), round(found.coordination, 6)) == (0.861774, 0.5, 0.656420)
    assert found.grade == "primary_coordination"
    # The usual error, the factor n left out, would give this.
    assert round(found.coupling / 3, 6) != round(found.coupling, 6)
    assert round(found.coupling / 3, 6) == 0.287258
    weighted = coupling(system, {"a": 0.5, "b": 0.3, "c": 0.2})
    assert (round(weighted.level, 6), round(weighted.coordination, 6)) == (0.59, 0.713054)


def test_oracle_k3_equal_systems_couple_fully() -> None:
    found = coupling({"a": 0.6, "b": 0.6, "c": 0.6})
    assert found.coupling == pytest.approx(1)
    assert round(found.coordination, 6) == 0.774597


@pytest.mark.parametrize("step", range(1, 10))
def test_edge_of_a_grade_belongs_to_the_lower_one(step: int) -> None:
    assert grade_of(step / 10) == GRADES[step - 1]
    assert grade_of(sum([0.1] * step)) == GRADES[step - 1]
    assert grade_of(step / 10 + 1e-6) == GRADES[step]


def test_grades_end_at_zero_and_one() -> None:
    assert (grade_of(0), grade_of(1)) == (GRADES[0], GRADES[9])
    nothing = coupling({"a": 0.0, "b": 0.0})
    assert (nothing.coupling, nothing.coordination, nothing.grade) == (None, 0.0, GRADES[0])
    with pytest.raises(ValueError, match="from 0 to 1"):
        coupling({"a": 1.2, "b": 0.1})


def test_pairs_show_who_holds_whom_back() -> None:
    found = pairwise_coupling({"a": 0.9, "b": 0.9, "c": 0.1})
    assert found["a"]["b"].coordination > found["a"]["c"].coordination
    assert found["a"]["c"] == found["c"]["a"]


def test_value_outside_its_bounds_is_clipped_and_said_so() -> None:
    bounds = Bounds(10, 20, "v", "s")
    assert efficacy(25, bounds, MORE) == (1.0, True)
    assert efficacy(25, bounds, LESS) == (0.0, True)
    assert efficacy(20, bounds, MORE) == (1.0, False)
    for wrong in ((20, 10), (5, 5), (0, float("inf"))):
        with pytest.raises(ValueError, match="bounds"):
            Bounds(*wrong, "v", "s")


def test_one_zero_makes_the_geometric_degree_zero_but_not_the_weighted_one() -> None:
    assert order_degree([0.0, 0.8]) == 0.0
    assert order_degree([0.0, 0.8], Method.WEIGHTED) == pytest.approx(0.4)
    assert order_degree([0.2, 0.8], Method.WEIGHTED, [0.75, 0.25]) == pytest.approx(0.35)
    with pytest.raises(ValueError, match="efficacies"):
        order_degree([])
