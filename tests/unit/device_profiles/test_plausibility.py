"""Wiring mistakes planted in a model of a three-phase load, and told from values alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from device_profiles.plausibility import Finding, PhaseValues, findings, phase_values
from foundation.texts import LANGUAGES, load_texts


@dataclass(frozen=True)
class Load:
    """True voltage (V), current (A) and lag (degrees) of each phase."""

    voltages: tuple[float, float, float]
    currents: tuple[float, float, float]
    lags: tuple[float, float, float]


LOADS = st.builds(
    Load,
    voltages=st.tuples(*[st.floats(220, 240)] * 3),
    currents=st.tuples(*[st.floats(1, 400)] * 3),
    lags=st.tuples(*[st.floats(-15, 44)] * 3),
)


def measured(
    load: Load, pairs: tuple[int, int, int] = (0, 1, 2), signs: tuple[int, int, int] = (1, 1, 1)
) -> PhaseValues:
    """What a meter shows whose input n gets the current of phase pairs[n], backwards where the sign is -1."""
    powers = []
    for at, of in enumerate(pairs):
        # Current of phase `of` lags its own voltage; phase n lies 120 degrees behind phase n - 1.
        angle = math.radians(load.lags[of] + 120 * (of - at))
        powers.append(signs[at] * load.voltages[at] * load.currents[of] * math.cos(angle))
    one, two, three = powers
    a, b, c = (load.currents[of] for of in pairs)
    return PhaseValues(load.voltages, (a, b, c), (one, two, three), total_power_w=one + two + three)


def codes(values: PhaseValues) -> list[str]:
    return [finding.code for finding in findings(values)]


@given(LOADS)
def test_a_meter_wired_right_is_not_suspected(load: Load) -> None:
    assert findings(measured(load)) == []


@given(LOADS, st.sampled_from([(1,), (2,), (3,), (1, 2), (2, 3), (1, 3)]))
def test_reversed_currents_are_named(load: Load, reversed_phases: tuple[int, ...]) -> None:
    one, two, three = (-1 if phase in reversed_phases else 1 for phase in (1, 2, 3))
    assert findings(measured(load, signs=(one, two, three))) == [Finding("reversed_current", reversed_phases)]


@given(LOADS)
def test_all_currents_reversed_look_like_feeding_back(load: Load) -> None:
    values = measured(load, signs=(-1, -1, -1))
    assert findings(values) == [Finding("all_reversed", (1, 2, 3))]
    assert findings(values, may_feed_back=True) == []


@given(LOADS, st.sampled_from([(1, 0, 2), (0, 2, 1), (2, 1, 0)]))
def test_two_swapped_currents_are_named(load: Load, pairs: tuple[int, int, int]) -> None:
    values = measured(load, pairs)
    swapped = tuple(at + 1 for at, of in enumerate(pairs) if at != of)
    shown = [power / voltage / current for power, voltage, current in triples(values)]
    # Lags of about 30 degrees and more can look like two reversed currents; both are wiring faults of these phases.
    if all(factor <= -0.7 for at, factor in enumerate(shown) if at + 1 in swapped):
        assert codes(values) == ["reversed_current"]
    else:
        assert findings(values) == [Finding("swapped_phases", swapped)]


@given(LOADS, st.sampled_from([(1, 2, 0), (2, 0, 1)]))
def test_rotated_currents_are_always_suspected(load: Load, pairs: tuple[int, int, int]) -> None:
    values = measured(load, pairs)
    shown = [power / voltage / current for power, voltage, current in triples(values)]
    # A mixture of lags on both sides of what one reversed current would show fits no single explanation.
    assume(all(factor > -0.69 for factor in shown) or all(factor <= -0.7 for factor in shown))
    assert codes(values) in (["rotated_phases"], ["all_reversed"])


def triples(values: PhaseValues) -> list[tuple[float, float, float]]:
    rows = zip(values.power_w, values.voltage_v, values.current_a, strict=True)
    return [(power or 0.0, voltage or 0.0, current or 0.0) for power, voltage, current in rows]


GOOD = PhaseValues((230.0, 231.0, 229.0), (10.0, 12.0, 8.0), (2200.0, 2600.0, 1700.0), total_power_w=6500.0)


def test_a_total_that_is_not_the_sum_is_told() -> None:
    # The phase L1 stored as the total, as a plant had it for a long time.
    assert findings(replace(GOOD, total_power_w=2200.0)) == [
        Finding("sum_mismatch", (), {"sum_w": 6500.0, "total_w": 2200.0})
    ]


def test_a_ratio_applied_to_power_but_not_to_current_is_told_with_its_factor() -> None:
    powers = tuple(60 * power for power in (2185.0, 2633.4, 1740.4))
    values = replace(GOOD, power_w=powers, power_factor=(0.95, 0.95, 0.95), total_power_w=sum(powers))
    (finding,) = findings(values)
    assert finding.code == "ratio_mismatch"
    assert finding.facts["factor"] == pytest.approx(60, rel=0.01)


def test_a_ratio_applied_to_current_but_not_to_power_needs_the_power_factor_to_be_seen() -> None:
    values = replace(GOOD, current_a=(300.0, 360.0, 240.0), power_factor=(0.95, 0.94, 0.93))
    assert codes(values) == ["ratio_mismatch"]


def test_a_transformer_ratio_left_at_one_is_told_only_where_currents_are_those_of_a_secondary() -> None:
    small = replace(GOOD, current_a=(3.0, 4.0, 2.5), power_w=(660.0, 880.0, 550.0), total_power_w=2090.0)
    assert codes(replace(small, ct=1.0)) == ["ct_not_set"]
    assert codes(replace(small, ct=60.0)) == []
    assert codes(small) == []
    assert codes(replace(GOOD, ct=1.0)) == []


def test_a_missing_and_an_uneven_voltage_are_told() -> None:
    assert Finding("voltage_missing", (2,)) in findings(replace(GOOD, voltage_v=(230.0, 3.0, 229.0)))
    assert Finding("voltage_uneven", (3,), {"usual_v": 230.0}) in findings(
        replace(GOOD, voltage_v=(230.0, 231.0, 180.0), power_w=(2200.0, 2600.0, 1400.0), total_power_w=6200.0)
    )


def test_idle_phases_and_missing_values_are_not_judged() -> None:
    assert findings(PhaseValues()) == []
    assert findings(replace(GOOD, current_a=(0.1, 0.1, 0.1), power_w=(-20.0, 5.0, 0.0), total_power_w=-15.0)) == []
    assert findings(PhaseValues((230.0, None, None), (5.0, None, None), (-1000.0, None, None))) == [
        Finding("all_reversed", (1,))
    ]


def test_values_come_from_readings_by_point_name() -> None:
    readings = {"Voltage/L1": 230, "Current/L2": 1.5, "Power/Active/Total": 7, "Power/Active/L3": None, "Switch": True}
    assert phase_values(readings, ct=2.0) == PhaseValues(
        (230.0, None, None), (None, 1.5, None), total_power_w=7.0, ct=2.0
    )


def test_every_finding_has_a_sentence_in_both_languages() -> None:
    known = (
        "reversed_current", "all_reversed", "swapped_phases", "rotated_phases", "voltage_missing", "voltage_uneven",
        "sum_mismatch", "ratio_mismatch", "ct_not_set",
    )  # fmt: skip
    facts = {"usual_v": 230.0, "sum_w": 1.0, "total_w": 2.0, "factor": 60.0, "most_a": 3.0}
    texts = load_texts()
    for code in known:
        words = Finding(code, (1, 3), facts).words
        for language in LANGUAGES:
            text = texts(f"plausibility.{code}", language, **words)
            assert not text.startswith("plausibility.")
            assert "?" not in text
