"""The job measures from stored rows, publishes the last full month, and writes only what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.core.period import DAY_MS, Period
from cloud.evaluation.indicator import load_indicators
from cloud.evaluation.score import IndicatorValue, SurveyAnswer
from cloud.jobs.evaluate import LONGEST_WAIT_S, PERIOD_S, Evaluate
from cloud.jobs.job import JobTools
from cloud.records.record import Record, RecordImport
from device_profiles.catalogue import load_catalogue
from gateway.messages import DeviceBirth, PointBirth
from tests.support.cloud_world import World, cloud_world
from tests.support.county_model import ENERGY, bill, county_model, quarters

AUGUST, JULY = Period(2026, 8), Period(2026, 7)


def equipment(name: str, due_on: str) -> Record:
    return Record("office", "equipment", name, "safety", f"asset:{name}", 0, 0, {"equipment": name, "due_on": due_on})


def book(world: World, kind: str, *rows: Record) -> None:
    number = len(world.services.records.imports({"office"}))
    world.services.records.put(rows, RecordImport(f"i-{number}", "office", kind, "f", "d", "li", number + 1))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two summer months of metered energy, and a few rows of other departments."""
    with cloud_world(tmp_path) as made:
        services = made.services
        services.institutions.save(county_model())
        for name in ("a-main", "b-main", "c-main", "b-hvac"):
            birth = DeviceBirth(name, {}, (PointBirth(ENERGY, "int", "Wh", "counter"),))
            services.registry.device_born("county", "edge-1", birth, 1)
        for period, delta in ((JULY, 15_000), (AUGUST, 12_000)):
            intervals = [
                one for name in "abc" for one in quarters(f"{name}-main", ENERGY, period.start_ms, period.end_ms, delta)
            ]
            services.intervals.book(intervals, 1)
        book(made, "equipment", equipment("lift-1", "2026-08-15"), equipment("lift-2", "2027-08-15"))
        bills = [bill("E-1", "electricity", period, 50_000, "kWh", 1, building_id="a") for period in (JULY, AUGUST)]
        book(made, "energy_bill", *bills)
        yield made


def job_of(world: World) -> Evaluate:
    services = world.services
    return Evaluate(JobTools(services, services.departments, load_catalogue()))


def values(world: World, period: str) -> dict[str, IndicatorValue]:
    return {one.indicator: one for one in world.services.evaluation.indicators.values({"office"}, [period])}


def content(world: World) -> dict[str, Any]:
    (found,) = world.services.evaluation.evaluations.evaluations({"office"})
    return dict(found.content)


def test_indicators_and_evaluation_come_from_stored_rows(world: World) -> None:
    job_of(world).run()
    august = values(world, "2026-08")
    assert set(august) == set(load_indicators())
    assert august["equipment_in_date"].value == 0.5
    assert values(world, "2026-07")["equipment_in_date"].value == 1.0
    assert august["energy_per_m2"].value == pytest.approx(3 * 96 * 31 * 12 * 0.1229 * 365 / 31 / 21_900)
    completeness = august["data_completeness"]
    # The meter of the air conditioning never counted.
    assert (completeness.value, completeness.inputs["silent"]) == (pytest.approx(3 / 4), 1)
    assert august["bill_mismatch"].value == pytest.approx(50_000 / (96 * 31 * 12) - 1)
    assert content(world)["period"] == "2026-08"


def test_evaluation_shows_every_term(world: World) -> None:
    job_of(world).run()
    found = content(world)
    synergy = found["synergy"]["weighted"]
    assert set(synergy["changes"]) == {"energy", "finance", "information", "safety"}
    for department, change in synergy["changes"].items():
        assert change == pytest.approx(synergy["later"][department] - synergy["earlier"][department])
    assert "safety" in synergy["falling"]
    coupling = found["coupling"]["weighted"]
    assert coupling["D"] == pytest.approx((coupling["C"] * coupling["T"]) ** 0.5)
    assert set(coupling["pairwise"]["energy"]) == {"finance", "information", "safety"}
    assert [row["department"] for row in found["matrix"]["rows"]] == sorted(
        one.id for one in world.services.departments.all()
    )
    assert {one["indicator"] for one in found["benchmark"]} == {"energy_per_m2", "energy_per_person"}
    assert all(one["is_context"] and one["percentile"] is None for one in found["benchmark"])


def test_round_that_changes_nothing_writes_nothing_and_makes_the_next_one_later(world: World) -> None:
    job = job_of(world)
    job.run()
    before = values(world, "2026-08"), world.services.evaluation.evaluations.evaluations({"office"})
    for _ in range(3):
        world.clock.advance(LONGEST_WAIT_S + 1)
        job.run()
    assert (values(world, "2026-08"), world.services.evaluation.evaluations.evaluations({"office"})) == before
    world.clock.advance(PERIOD_S)
    book(world, "equipment", equipment("lift-3", "2026-01-01"))
    job.run()
    assert values(world, "2026-08")["equipment_in_date"].value == 0.5
    world.clock.advance(LONGEST_WAIT_S)
    job.run()
    assert values(world, "2026-08")["equipment_in_date"].value == pytest.approx(1 / 3)


def test_answers_of_people_stand_beside_what_was_measured(world: World) -> None:
    for name in ("li", "wang", "zhao"):
        answer = SurveyAnswer("office", "2026-08", "safety", name, "staff", {"safety": 5}, 1)
        world.services.evaluation.surveys.save(answer)
    job_of(world).run()
    (safety,) = [row for row in content(world)["matrix"]["rows"] if row["department"] == "safety"]
    cell = safety["cells"]["safety"]
    assert (cell["human"], cell["answers"], cell["state"], cell["final"]) == (1.0, 3, "conflict", None)
    assert (safety["overall"], safety["hidden"]) == (None, "coverage")


def test_institution_without_rows_gets_an_evaluation_that_says_so(world: World) -> None:
    job_of(world).run()
    (school,) = world.services.evaluation.evaluations.evaluations({"school"})
    assert school.content["synergy"]["geometric"]["missing"].startswith("evaluation.missing.")
    assert school.content["coupling"]["geometric"]["missing"] == "evaluation.missing.too_few_departments"
    assert world.clock.now_ms() - AUGUST.end_ms > DAY_MS
