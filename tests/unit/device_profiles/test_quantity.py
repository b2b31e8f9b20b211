from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.quantity import UNITS, Unit, unit_of

VALUES = st.decimals(min_value=-(10**9), max_value=10**9, places=6)


@given(st.sampled_from(sorted(UNITS.values(), key=lambda unit: unit.symbol)), VALUES)
def test_a_value_comes_back_from_its_base_unit_unchanged(unit: Unit, value: Decimal) -> None:
    assert unit.from_base(unit.to_base(value)) == value


@given(st.integers(0, 2**32 - 1))
def test_an_energy_register_in_hundredths_of_a_kilowatt_hour_is_a_whole_number_of_watt_hours(raw: int) -> None:
    assert unit_of("kWh").to_base(raw * Decimal("0.01")) == raw * 10


@pytest.mark.parametrize(
    ("value", "symbol", "base", "expected"),
    [
        ("1.5", "kW", "W", "1500"),
        ("0.25", "m3", "L", "250"),
        ("2", "m3/h", "L/h", "2000"),
        ("10", "knot", "km/h", "18.52"),
        ("10", "m/s", "km/h", "36"),
        ("85", "%", "1", "0.85"),
        ("1", "GJ", "J", "1000000000"),
        ("26", "°C", "°C", "26"),
    ],
)
def test_known_conversions(value: str, symbol: str, base: str, expected: str) -> None:
    unit = unit_of(symbol)
    assert (unit.base, unit.to_base(Decimal(value))) == (base, Decimal(expected))


def test_every_base_unit_is_a_unit_of_factor_one_of_the_same_quantity() -> None:
    for unit in UNITS.values():
        base = UNITS[unit.base]
        assert (base.quantity, base.base, base.factor, base.offset) == (
            unit.quantity,
            unit.base,
            Decimal(1),
            Decimal(0),
        )


def test_an_unknown_unit_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown unit 'kw'; known: .*kW"):
        unit_of("kw")
