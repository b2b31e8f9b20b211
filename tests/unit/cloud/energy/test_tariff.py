"""Cost by time of use, exact to the fen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.calendar import day_start_ms
from cloud.core.energy_interval import EnergyInterval
from cloud.energy.carrier import Carrier
from cloud.energy.tariff import cost_of, flat_cost, load_tariffs, read_tariff, tariff_on
from foundation.errors import ConfigError

QUARTER_MS = 900_000
CONTENT: dict[str, Any] = {
    "schema": "xietong.tariff/1",
    "id": "tou",
    "name": {"zh-CN": "分时", "en": "By time"},
    "carrier": "electricity",
    "unit": "kWh",
    "prices": {"peak": "1.0321", "flat": "0.6543", "valley": "0.3456"},
    "base": "flat",
    "spans": [
        {"band": "peak", "begins": "08:00", "ends": "11:00"},
        {"band": "valley", "begins": "00:00", "ends": "07:00"},
        {"band": "peak", "begins": "19:00", "ends": "22:00", "months": [7, 8]},
    ],
    "valid_from": "2026-01-01",
    "valid_to": "2027-01-01",
    "edition": "2026",
    "source": "test",
    "confidence": "verified",
}
TARIFF = read_tariff(CONTENT, "test")


def day_of(day: date, delta: int) -> list[EnergyInterval]:
    start = day_start_ms(day)
    return [
        EnergyInterval("g", "d", "p", start + number * QUARTER_MS, start + (number + 1) * QUARTER_MS, delta)
        for number in range(96)
    ]


def test_day_is_priced_by_its_local_hours() -> None:
    cost = cost_of(TARIFF, day_of(date(2026, 3, 2), 1000))
    assert cost.bands == {"valley": 28_000, "flat": 56_000, "peak": 12_000}
    assert cost.yuan == 28 * Decimal("0.3456") + 56 * Decimal("0.6543") + 12 * Decimal("1.0321")
    assert cost.fen == 5870
    assert cost_of(TARIFF, day_of(date(2026, 7, 2), 1000)).bands["peak"] == 24_000


@given(st.lists(st.integers(0, 10**7), min_size=96, max_size=96))
def test_cost_is_the_exact_sum_of_its_quarters(deltas: list[int]) -> None:
    intervals = [
        EnergyInterval("g", "d", "p", one.start_ms, one.end_ms, delta)
        for one, delta in zip(day_of(date(2026, 7, 2), 0), deltas, strict=True)
    ]
    assert cost_of(TARIFF, intervals).yuan == sum(cost_of(TARIFF, [one]).yuan for one in intervals)


def test_tariff_that_began_last_holds() -> None:
    flat = load_tariffs()
    assert tariff_on([*flat, TARIFF], Carrier.ELECTRICITY, date(2026, 5, 1)) is TARIFF
    other = tariff_on([*flat, TARIFF], Carrier.ELECTRICITY, date(2027, 1, 1))
    assert other is not None
    assert other.id == "reference_electricity"
    assert flat_cost(other, 1_000_000).fen == 70_000
    assert tariff_on([TARIFF], Carrier.WATER, date(2026, 5, 1)) is None
    with pytest.raises(ValueError, match="time of use"):
        flat_cost(TARIFF, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"base": "night"}, "no price"),
        ({"unit": "m3"}, "not counted"),
        ({"spans": [{"band": "peak", "begins": "08:00", "ends": "07:00"}]}, "over midnight"),
        ({"spans": [{"band": "peak", "begins": "08:07", "ends": "09:00"}]}, "quarter"),
        ({"spans": [{"band": "peak", "begins": "8", "ends": "09:00"}]}, "time of day"),
        (
            {
                "spans": [
                    {"band": "peak", "begins": "08:00", "ends": "10:00"},
                    {"band": "valley", "begins": "09:45", "ends": "12:00"},
                ]
            },
            "same time",
        ),
    ],
)
def test_tariff_with_a_mistake_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read_tariff(CONTENT | change, "test")
