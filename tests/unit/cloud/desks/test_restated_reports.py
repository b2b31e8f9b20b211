"""A report issued again says what is no longer as it was and why; one ordered as known then is the first one again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.desks.energy_settings import write_energy_settings
from cloud.desks.reports import order_report, scene_of
from cloud.records.record import RecordImport
from cloud.reporting.container import unpack
from cloud.reporting.make import Seal, make_package
from cloud.reporting.order import OrderState
from cloud.reporting.report import load_reports
from cloud.reporting.verify import DOCUMENT
from foundation.errors import DomainError
from tests.support.cloud_world import SEALING_KEY, World
from tests.support.county_model import bill
from tests.support.report_world import AUDITOR, AUGUST, OFFICE, OFFICER, report_world
from tests.unit.cloud.desks.test_restatement import price

DAY_S = 86_400.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with report_world(tmp_path) as made:
        made.clock.advance(DAY_S)
        yield made


def issued(world: World, known_at_ms: int | None = None) -> bytes:
    """The package of August as ordered and made now, without what is printed."""
    order = order_report(world.services, AUDITOR, OFFICE, "energy_month", "2026-08", known_at_ms)
    scene, report = scene_of(world.services, order), load_reports()["energy_month"]
    assert scene is not None
    world.services.reporting.orders.save(replace(order, state=OrderState.DONE))
    return make_package(
        replace(report, formats=("json",)), scene, Seal(SEALING_KEY, "sha256"), lambda share, step: None
    )


def section(package: bytes) -> dict[str, Any]:
    """The section on restated figures, its figures in place of their ids."""
    files = unpack(package)
    assert files is not None
    document = json.loads(files[DOCUMENT])
    found: dict[str, Any] = next(one for one in document["sections"] if one["id"] == "restatement")
    for row in (row for block in found["blocks"] for row in block.get("rows", ())):
        row[:] = [document["figures"][one["figure"]] if "figure" in one else one for one in row]
    return found


def correct(world: World) -> None:
    """A day later the price is corrected and a bill comes in that was missing."""
    world.clock.advance(DAY_S)
    write_energy_settings(world.services, OFFICER, None, tariffs=[price("0.75")], quotas=[], reason="notice 12")
    late = RecordImport("i-9", OFFICE, "energy_bill", "late.xlsx", "d", "wang", world.clock.now_ms())
    world.services.records.put([bill("G-1", "gas", AUGUST, 2300, "m3", 1_012_000)], late)
    world.clock.advance(DAY_S)


def test_the_second_issue_tells_old_and_new_figures_and_who_entered_what(world: World) -> None:
    first = section(issued(world))
    assert "first issue" in json.dumps(first)
    correct(world)
    second = section(issued(world))
    text = json.dumps(second, ensure_ascii=False)
    quantities, costs, entries = (block["rows"] for block in second["blocks"] if "rows" in block)
    assert [(row[1]["en"], row[3]["value"], row[4]["value"]) for row in quantities] == [("Natural gas", "2210", "2300")]
    assert "bills or hand readings +90" in text
    electricity, gas = costs[0], next(row for row in costs if row[1]["en"] == "Natural gas")
    before, now, by_price, by_quantity = (float(cell["value"]) for cell in electricity[2:])
    # 0.75 in place of the reference price of 0.70 yuan.
    assert now == pytest.approx(before * 75 / 70)
    assert (by_price, by_quantity) == (pytest.approx(now - before), 0)
    assert [float(cell["value"]) for cell in gas[2:]] == [9724.0, 10120.0, 0, 396.0]
    assert [(row[2]["en"], row[3]["en"]) for row in entries] == [("li", "notice 12"), ("wang", "late.xlsx")]


def test_an_issue_after_which_nothing_changed_says_so(world: World) -> None:
    issued(world)
    world.clock.advance(DAY_S)
    again = section(issued(world))
    assert "0 figures differ" in json.dumps(again)
    assert not any("rows" in block for block in again["blocks"])


def test_a_report_ordered_as_known_then_is_the_first_one_to_the_last_byte(world: World) -> None:
    first_ms = world.clock.now_ms()
    first = issued(world)
    correct(world)
    assert issued(world) != first
    assert issued(world, known_at_ms=first_ms) == first
    with pytest.raises(DomainError, match="time_to_come"):
        issued(world, known_at_ms=world.clock.now_ms() + 1)
