"""The effect of a breach's commands from ledger, store and forecasts: measured once, or not at all with a reason."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from cloud.core.command_record import CommandRecord, CommandRequest, CommandState
from cloud.core.series import Sample, SeriesKey
from cloud.core.threshold import Breach, BreachState
from cloud.energy.control import give_back_id
from cloud.energy.forecast_run import BackTest, ForecastPoint, ForecastRun
from cloud.energy.threshold import MAX_GAP_MS
from cloud.jobs.measure_effect import MeasureEffect
from gateway.messages import CommandReceipt, Outcome
from tests.support.energy_side import EnergySide, county_model
from tests.support.fakes import FakeStore
from tests.support.thinking import GROUP, INSTITUTION, device, gauge, peak_limit

POWER = SeriesKey(GROUP, "a-main", "Power/Active/Total")
HOUR = 3_600_000
T0 = 1_790_000_000_000 // HOUR * HOUR
OPENED, SENT, READ_BACK = T0, T0 + 1_000, T0 + 2_000


def command(number: int, state: CommandState = CommandState.RELINQUISHED, *, end_ms: int) -> CommandRecord:
    name = f"c-{number}"
    request = CommandRequest(
        name, INSTITUTION, GROUP, "edge-1", "a-ac-1", "Setpoint/Temperature", 26.0, 12, 600, 60, "r", "t", "b"
    )
    at_ms = READ_BACK if state is CommandState.VERIFIED else end_ms
    outcome = {CommandState.VERIFIED: Outcome.VERIFIED, CommandState.REFUSED: Outcome.REFUSED}
    receipt = CommandReceipt(
        f"r-{number}", name, "a-ac-1", request.point, outcome.get(state, Outcome.RELINQUISHED), "x", 26.0, at_ms
    )
    is_answered = state not in (CommandState.SENT, CommandState.APPROVED)
    return CommandRecord(request, state, OPENED, sent_ms=SENT, receipt=receipt if is_answered else None)


class Bench:
    """A breach of the main meter's limit, answered by commands; 100 kW before them and 70 kW while they hold."""

    def __init__(self, held_ms: int = 60_000) -> None:
        self.side = EnergySide(county_model())
        self.side.registry.known[GROUP, "a-main"] = device("a-main", "meter", gauge(POWER.point, "W"))
        self.end_ms = SENT + held_ms
        self.side.thresholds.save(peak_limit())
        self.side.clock.set_wall(self.end_ms + 60_000)
        self.load(SENT - HOUR - 600_000, SENT, 100_000.0)
        self.load(SENT, self.end_ms + 60_000, 70_000.0)
        self.job = MeasureEffect(self.side.tools)

    def load(self, start_ms: int, end_ms: int, watts: float) -> None:
        self.side.store.put(POWER, *(Sample(at_ms, watts) for at_ms in range(start_ms, end_ms, 2_000)))

    def answer(self, *records: CommandRecord, **changes: object) -> None:
        for record in records:
            self.side.ledger.records[record.request.command_id] = record
        ids = tuple(record.request.command_id for record in records)
        breach = Breach("b", "peak", INSTITUTION, OPENED, 100_000, 110_000, BreachState.CLOSED, self.end_ms)
        values: dict[str, Any] = {"command_ids": ids, **changes}
        self.side.thresholds.save_breach(replace(breach, **values))

    def forecast(self, made_ms: int) -> None:
        """80 kW for two days from two hours before the breach, to be held within 8 kW."""
        start = T0 - 2 * HOUR
        points = tuple(
            ForecastPoint(start + n * HOUR, start + (n + 1) * HOUR, 80_000.0, 72_000.0, 88_000.0) for n in range(48)
        )
        test = BackTest(0, None, None, None)
        self.side.forecasts.save(ForecastRun("r", INSTITUTION, POWER, made_ms, "pooled", 20, points, test, made_ms))


def test_a_short_hold_is_measured_against_the_load_before_it() -> None:
    """59 s at 70 instead of 100 kW: 30 kW x 59 s = 491.7 Wh. The hold is from the sending to the giving back."""
    bench = Bench()
    bench.answer(command(1, end_ms=SENT + 59_000))
    bench.job.run()
    [effect] = bench.side.effects.kept.values()
    assert effect.method == "level_before"
    assert (effect.start_ms, effect.end_ms) == (SENT, SENT + 59_000)
    assert effect.expected_wh == pytest.approx(100_000 * 59 / 3600)
    assert effect.actual_wh == pytest.approx(70_000 * 59 / 3600)
    assert effect.saved_wh == pytest.approx(30_000 * 59 / 3600)
    assert (effect.low_wh, effect.high_wh) == pytest.approx((effect.saved_wh, effect.saved_wh))
    assert effect.command_ids == ("c-1",)
    assert effect.terms["level_before_w"] == pytest.approx(100_000)


def test_the_load_before_the_breach_is_not_taken_for_the_load_without_the_command() -> None:
    bench = Bench()
    bench.load(SENT - HOUR, OPENED - 10_000, 20_000.0)
    bench.answer(command(1, end_ms=SENT + 59_000))
    bench.job.run()
    [effect] = bench.side.effects.kept.values()
    assert effect.terms["level_before_w"] == pytest.approx(100_000)


def test_a_steady_load_that_was_seldom_sent_is_looked_for_further_back() -> None:
    """Three readings in 80 s, the first at 80 kW for half the time: level 90 kW instead of the 100 of the last 40 s."""
    bench = Bench()
    bench.side.store = FakeStore()
    readings = ((-80, 80_000.0), (-40, 100_000.0), (-20, 100_000.0), (1, 70_000.0), (61, 70_000.0))
    bench.side.store.put(POWER, *(Sample(SENT + 1_000 * after_s, watts) for after_s, watts in readings))
    bench.answer(command(1, end_ms=SENT + 59_000))
    MeasureEffect(bench.side.tools).run()
    [effect] = bench.side.effects.kept.values()
    assert effect.terms["before_s"] == 80
    assert effect.terms["level_before_w"] == pytest.approx(90_000)


def test_a_verified_command_holds_until_it_is_given_back_or_its_lease_ends() -> None:
    bench = Bench(held_ms=700_000)
    verified = command(1, CommandState.VERIFIED, end_ms=0)
    bench.answer(verified)
    bench.job.run()
    [effect] = bench.side.effects.kept.values()
    assert (effect.start_ms, effect.end_ms) == (READ_BACK, READ_BACK + 600_000)
    bench.side.effects.kept.clear()
    returned = command(9, end_ms=READ_BACK + 90_000)
    identity = give_back_id("c-1")
    bench.side.ledger.records[identity] = replace(returned, request=replace(returned.request, command_id=identity))
    MeasureEffect(bench.side.tools).run()
    [effect] = bench.side.effects.kept.values()
    assert effect.end_ms == READ_BACK + 90_000


def test_a_long_hold_is_measured_against_the_forecast_at_the_level_before() -> None:
    """2 h: ratio 100 / 80 = 1.25, expected 1.25 x 80 = 100 kW, used 70: 60 kWh, give or take 1.25 x 8 kW x 2 h."""
    bench = Bench(held_ms=2 * HOUR)
    bench.forecast(made_ms=T0 - 2 * HOUR)
    bench.answer(command(1, end_ms=SENT + 2 * HOUR))
    bench.job.run()
    [effect] = bench.side.effects.kept.values()
    assert effect.method == "forecast_level"
    assert effect.saved_wh == pytest.approx(60_000, rel=1e-3)
    assert effect.low_wh == pytest.approx(40_000, rel=1e-3)
    assert effect.high_wh == pytest.approx(80_000, rel=1e-3)


@pytest.mark.parametrize(
    ("bench", "records", "changes", "reason"),
    [
        (Bench(), [command(1, CommandState.REFUSED, end_ms=SENT)], {}, "no_command_took"),
        (Bench(), [command(1, end_ms=SENT)], {}, "held_no_time"),
        (Bench(), [command(1, end_ms=SENT + 59_000)], {"threshold_id": "gone"}, "threshold_gone"),
        (Bench(2 * HOUR), [command(1, end_ms=SENT + 2 * HOUR)], {}, "no_forecast"),
    ],
    ids=["refused", "at_once", "threshold_gone", "no_forecast"],
)
def test_what_cannot_be_measured_is_said_once_and_not_entered(
    bench: Bench,
    records: list[CommandRecord],
    changes: dict[str, object],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    bench.answer(*records, **changes)
    bench.job.run()
    bench.job.run()
    assert not bench.side.effects.kept
    assert [one.message for one in caplog.records] == [f"effect of breach b is not measurable: {reason}"]


def test_a_forecast_that_knew_the_action_is_not_used() -> None:
    bench = Bench(held_ms=2 * HOUR)
    bench.forecast(made_ms=T0 + HOUR)
    bench.answer(command(1, end_ms=SENT + 2 * HOUR))
    bench.job.run()
    assert not bench.side.effects.kept


@pytest.mark.parametrize(
    "changes", [{"is_late": True}, {"state": BreachState.OPEN}, {"command_ids": ()}], ids=["late", "open", "unanswered"]
)
def test_other_breaches_are_not_asked_about(changes: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench()
    bench.answer(command(1, end_ms=SENT + 59_000), **changes)
    bench.job.run()
    assert not bench.side.effects.kept
    assert not caplog.records


def test_what_is_still_to_come_is_waited_for() -> None:
    bench = Bench()
    bench.answer(command(1, CommandState.SENT, end_ms=0))
    bench.job.run()
    bench.answer(command(1, CommandState.VERIFIED, end_ms=0))
    bench.job.run()
    assert not bench.side.effects.kept
    bench.answer(command(1, end_ms=SENT + 59_000))
    bench.side.clock.set_wall(SENT + 59_000 + 1_999)
    bench.job.run()
    assert not bench.side.effects.kept
    bench.side.clock.advance(1)
    bench.job.run()
    assert len(bench.side.effects.kept) == 1


def test_readings_of_the_held_time_are_waited_for_but_not_for_ever() -> None:
    bench = Bench(held_ms=0)
    bench.side.store = FakeStore()
    bench.load(SENT - HOUR, SENT + 58_000, 70_000.0)
    bench.answer(command(1, end_ms=SENT + 59_000))
    bench.side.clock.set_wall(SENT + 120_000)
    bench.job = MeasureEffect(bench.side.tools)
    bench.job.run()
    assert not bench.side.effects.kept
    bench.side.clock.set_wall(SENT + 59_000 + MAX_GAP_MS)
    bench.job.run()
    assert len(bench.side.effects.kept) == 1


def test_a_restart_measures_nothing_twice() -> None:
    bench = Bench()
    bench.answer(command(1, end_ms=SENT + 59_000))
    bench.job.run()
    [first] = bench.side.effects.kept.values()
    bench.side.clock.advance(3600)
    MeasureEffect(bench.side.tools).run()
    assert list(bench.side.effects.kept.values()) == [first]
