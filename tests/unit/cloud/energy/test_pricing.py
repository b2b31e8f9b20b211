"""Each part of a period costs what the tariff of its day says, and the whole is rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.calendar import day_start_ms
from cloud.core.energy_interval import EnergyInterval
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import Candidate, Input, Source
from cloud.energy.pricing import price, tariff_spans
from cloud.energy.tariff import Tariff, read_tariff
from tests.support.county_model import ENERGY, GROUP, quarters

FIRST, MIDDLE, END = date(2026, 10, 1), date(2026, 10, 16), date(2026, 11, 1)
START_MS, MIDDLE_MS, END_MS = (day_start_ms(day) for day in (FIRST, MIDDLE, END))
DAY = {"band": "peak", "begins": "08:00", "ends": "20:00"}


def tariff(name: str, flat: str, valid_from: date, valid_to: date | None = None, **more: Any) -> Tariff:
    content = {
        "schema": "xietong.tariff/1", "id": name, "name": {"zh-CN": "甲", "en": "A"}, "carrier": "electricity",
        "unit": "kWh", "prices": {"flat": flat, **more.pop("prices", {})}, "base": "flat", "valid_from": valid_from,
        "valid_to": valid_to, "edition": "1", "source": "notice", "confidence": "verified", **more,
    }  # fmt: skip
    return read_tariff(content, "test")


OLD, NEW = tariff("old", "0.50", date(2020, 1, 1)), tariff("new", "0.75", MIDDLE)
BY_TIME = tariff("by_time", "0.40", MIDDLE, prices={"peak": "1.00"}, spans=[DAY])


def metered(*counted: EnergyInterval) -> tuple[Candidate, Any]:
    """One counter over the month with its booked intervals, and how they are looked up."""
    total = sum(one.delta for one in counted)
    counter = Input(Source.METER, f"{GROUP}/main/{ENERGY}", START_MS, END_MS, total)

    def between(_: Input, start_ms: int, end_ms: int) -> Sequence[EnergyInterval]:
        return [one for one in counted if start_ms <= one.start_ms and one.end_ms <= end_ms]

    return Candidate(Source.METER, (counter,), 1.0), between


def test_a_tariff_that_begins_within_the_month_holds_from_its_day_on() -> None:
    october = quarters("main", ENERGY, START_MS, END_MS, 1000)
    found = price(metered(*october)[0], [OLD, NEW], Carrier.ELECTRICITY, START_MS, END_MS, metered(*october)[1])
    assert found is not None
    # 15 days of 96 kWh at 0.50 and 16 at 0.75 yuan.
    assert (found.fen, found.tariff_ids) == (15 * 96 * 50 + 16 * 96 * 75, ("old", "new"))


def test_flat_before_and_by_time_of_use_after() -> None:
    candidate, between = metered(*quarters("main", ENERGY, START_MS, END_MS, 1000))
    found = price(candidate, [OLD, BY_TIME], Carrier.ELECTRICITY, START_MS, END_MS, between)
    assert found is not None
    # 48 kWh of a day at 1.00 and 48 at 0.40 yuan.
    assert found.fen == 15 * 96 * 50 + 16 * 48 * 140


def test_a_bill_without_cost_is_shared_out_by_time_and_knows_no_time_of_use() -> None:
    bill = Candidate(Source.BILL, (Input(Source.BILL, "b:1", START_MS, END_MS, 31_000),), 1.0)
    found = price(bill, [OLD, NEW], Carrier.ELECTRICITY, START_MS, END_MS, metered()[1])
    assert found is not None
    assert found.fen == 15 * 50 + 16 * 75
    assert price(bill, [OLD, BY_TIME], Carrier.ELECTRICITY, START_MS, END_MS, metered()[1]) is None


@pytest.mark.parametrize("known", [[], [NEW], [tariff("ended", "1", date(2020, 1, 1), MIDDLE)]])
def test_a_day_without_a_tariff_leaves_the_cost_unknown(known: list[Tariff]) -> None:
    candidate, between = metered(*quarters("main", ENERGY, START_MS, END_MS, 1000))
    assert tariff_spans(known, Carrier.ELECTRICITY, START_MS, END_MS) == []
    assert price(candidate, known, Carrier.ELECTRICITY, START_MS, END_MS, between) is None


@given(st.lists(st.integers(0, 10**7), min_size=31, max_size=31), st.integers(1, 30))
def test_quantities_of_the_spans_add_up_to_the_whole(by_day: list[int], cut: int) -> None:
    """The same price on both sides of a cut costs what it costs without the cut."""
    day = date(2026, 10, 1 + cut)
    same = tariff("same", "0.50", day)
    counted = [
        EnergyInterval(GROUP, "main", ENERGY, START_MS + n * 86_400_000, START_MS + (n + 1) * 86_400_000, delta)
        for n, delta in enumerate(by_day)
    ]
    candidate, between = metered(*counted)
    found = price(candidate, [OLD, same], Carrier.ELECTRICITY, START_MS, END_MS, between)
    plain = price(candidate, [OLD], Carrier.ELECTRICITY, START_MS, END_MS, between)
    assert found is not None
    assert plain is not None
    assert found.fen == plain.fen
