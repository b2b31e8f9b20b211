"""A change of energy use is divided among its factors without a remainder."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.energy.degree_days import Day, fit, normalise
from cloud.energy.lmdi import decompose, energy_factors

VALUES = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))


def test_oracle_e3_effects_of_persons_area_and_intensity() -> None:
    earlier = energy_factors(energy=60 * 20_000, persons=500, area_m2=20_000)
    later = energy_factors(energy=57 * 21_000, persons=520, area_m2=21_000)
    found = decompose(earlier, later)
    assert found.change == pytest.approx(-3000, abs=1e-6)
    assert {name: round(effect, 4) for name, effect in found.effects.items()} == {
        "persons": 47_006.0002,
        "area_per_person": 11_468.9811,
        "intensity": -61_474.9812,
    }


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5))
def test_effects_add_up_exactly(pairs: list[tuple[float, float]]) -> None:
    earlier = {str(number): pair[0] for number, pair in enumerate(pairs)}
    later = {str(number): pair[1] for number, pair in enumerate(pairs)}
    found = decompose(earlier, later)
    largest = max(abs(effect) for effect in found.effects.values())
    products = math.prod(earlier.values()), math.prod(later.values())
    tolerance = 1e-9 * max(1e-300, largest, *products)
    assert math.fsum(found.effects.values()) == pytest.approx(found.change, rel=1e-9, abs=tolerance)


def test_difference_to_nothing_belongs_to_the_factor_that_is_zero() -> None:
    found = decompose({"persons": 0.0, "area": 10.0}, {"persons": 5.0, "area": 20.0})
    assert found.effects == {"persons": 100.0, "area": 0.0}
    both = decompose({"persons": 5.0, "area": 20.0}, {"persons": 0.0, "area": 0.0})
    assert both.effects == {"persons": -50.0, "area": -50.0}
    assert decompose({"a": 0.0, "b": 1.0}, {"a": 1.0, "b": 0.0}).effects == {"a": 0.0, "b": 0.0}


def test_equal_sides_have_no_effects_and_a_negative_factor_is_refused() -> None:
    assert decompose({"a": 3.0, "b": 4.0}, {"a": 3.0, "b": 4.0}).effects == {"a": 0.0, "b": 0.0}
    opposed = decompose({"a": 2.0, "b": 3.0}, {"a": 3.0, "b": 2.0}).effects
    assert opposed["a"] == pytest.approx(-opposed["b"])
    for wrong in ({"a": -1.0}, {"a": float("nan")}, {"b": 1.0}):
        with pytest.raises(ValueError, match="factor"):
            decompose({"a": 1.0}, wrong)


def year_of_days(seed: int, *, per_degree: float) -> list[Day]:
    """Days of known make-up: 100 kWh, 40 more on workdays, and `per_degree` for each cooling degree day."""
    rng = np.random.default_rng(seed)
    days = []
    for number in range(120):
        mean_c = 24 + 8 * math.sin(number / 19) + float(rng.normal(0, 1))
        is_workday = number % 7 < 5
        cooling = max(0.0, mean_c - 26)
        energy = 100_000 + 40_000 * is_workday + per_degree * cooling + float(rng.normal(0, 2_000))
        days.append(Day(energy, mean_c, is_workday))
    return days


def test_regression_finds_the_weather_that_was_put_in() -> None:
    model = fit(year_of_days(1, per_degree=15_000))
    assert model is not None
    assert model.is_usable
    assert model.coefficients["cooling"] == pytest.approx(15_000, rel=0.05)
    assert model.coefficients["workday"] == pytest.approx(40_000, rel=0.05)
    assert model.p_values["cooling"] < 0.001
    assert model.r2 > 0.95


def test_load_that_knows_no_weather_is_not_normalised() -> None:
    model = fit(year_of_days(2, per_degree=0))
    assert model is not None
    assert not model.is_usable
    assert fit(year_of_days(3, per_degree=1)[:20]) is None
    assert fit([Day(5.0, 20.0, True)] * 60) is None


def test_hot_month_is_brought_to_normal_weather_and_weather_becomes_a_factor() -> None:
    days = year_of_days(4, per_degree=15_000)
    model = fit(days)
    assert model is not None
    hot = [Day(140_000 + 15_000 * 6, 32.0, True)] * 30
    normal = [Day(0.0, 28.0, True)] * 60
    energy = sum(one.energy_wh for one in hot)
    normalised = normalise(model, energy, hot, normal)
    assert normalised == pytest.approx(30 * (140_000 + 15_000 * 2), rel=0.02)
    earlier = energy_factors(normalised, 100, 2000, normalised)
    found = decompose(earlier, energy_factors(energy, 100, 2000, normalised))
    assert found.effects["weather"] == pytest.approx(energy - normalised)
    assert found.effects["intensity"] == 0
