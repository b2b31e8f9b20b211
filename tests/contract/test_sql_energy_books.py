"""What the books of the energy side keep: every issued forecast, and the newest measurement of each effect."""

from __future__ import annotations

from dataclasses import replace

from cloud.core.series import SeriesKey
from cloud.desks.books import Books
from cloud.energy.effect import Effect
from cloud.energy.forecast_run import BackTest, ForecastPoint, ForecastRun

HOUR = 3_600_000
KEY = SeriesKey("county", "a-main", "Power/Active/Total")
RUN = ForecastRun(
    run_id="r-1",
    institution_id="office",
    key=KEY,
    made_ms=5 * HOUR,
    method="pooled_ridge",
    history_days=56,
    points=(
        ForecastPoint(5 * HOUR, 6 * HOUR, 1000.5, 900.25, 1100.75, {"base": 900.0, "calendar": 100.5}),
        ForecastPoint(6 * HOUR, 7 * HOUR, 0.1 + 0.2, 0.0, 1.0),
    ),
    back_test=BackTest(53, 0.09, None, 0.91),
    history_end_ms=4 * HOUR,
)
EFFECT = Effect(
    effect_id="e-1",
    institution_id="office",
    breach_id="b-1",
    command_ids=("c-1", "c-2"),
    group="county",
    device="a-main",
    point=KEY.point,
    start_ms=1_000,
    end_ms=61_000,
    expected_wh=1500.25,
    actual_wh=1000.0,
    saved_wh=500.25,
    low_wh=-1.5,
    high_wh=1002.0,
    method="level_before",
    measured_ms=91_000,
    terms={"level_before_w": 90_000.0},
)


def test_a_run_comes_back_as_issued_to_the_last_bit(ports: Books) -> None:
    ports.energy.forecasts.save(RUN)
    assert ports.energy.forecasts.newest({"office"}) == [RUN]
    assert ports.energy.forecasts.newest({"school"}) == []
    assert ports.energy.forecasts.newest(set()) == []


def test_newest_is_one_run_per_series_and_earlier_ones_are_kept(ports: Books) -> None:
    later = replace(RUN, run_id="r-2", made_ms=6 * HOUR)
    other = replace(RUN, run_id="r-3", key=replace(KEY, device="b-main"), made_ms=1)
    for run in (later, other, RUN):
        ports.energy.forecasts.save(run)
    assert ports.energy.forecasts.newest({"office"}) == [later, other]
    assert ports.energy.forecasts.runs(KEY, 5 * HOUR, 6 * HOUR) == [RUN, later]


def test_runs_are_those_with_an_hour_in_the_span(ports: Books) -> None:
    ports.energy.forecasts.save(RUN)
    assert ports.energy.forecasts.runs(KEY, 0, 5 * HOUR) == []
    assert ports.energy.forecasts.runs(KEY, 0, 5 * HOUR + 1) == [RUN]
    assert ports.energy.forecasts.runs(KEY, 7 * HOUR - 1, 9 * HOUR) == [RUN]
    assert ports.energy.forecasts.runs(KEY, 7 * HOUR, 9 * HOUR) == []


def test_an_effect_measured_again_replaces_itself(ports: Books) -> None:
    book = ports.energy.effects
    book.save(EFFECT)
    again = replace(EFFECT, saved_wh=400.0, method="forecast_level")
    book.save(again)
    assert book.effects({"office"}) == [again]


def test_effects_come_newest_first_and_only_of_the_scope(ports: Books) -> None:
    book = ports.energy.effects
    later = replace(EFFECT, effect_id="e-2", start_ms=5_000)
    foreign = replace(EFFECT, effect_id="e-3", institution_id="school")
    for effect in (EFFECT, later, foreign):
        book.save(effect)
    assert book.effects({"office"}) == [later, EFFECT]
    assert book.effects({"office"}, limit=1) == [later]
    assert book.effects({"school"}) == [foreign]
    assert book.effects(set()) == []
