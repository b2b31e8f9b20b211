"""Measures what the commands of a closed breach have saved, from stored readings, the ledger and issued forecasts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.core.command_record import CommandRecord, CommandState
from cloud.core.ports import CommandLedger, TimeSeriesStore
from cloud.core.series import Sample, SeriesKey
from cloud.core.threshold import Breach, BreachState, Threshold
from cloud.energy.control import give_back_id, lease_end_ms
from cloud.energy.counterfactual import (
    HOUR_MS,
    LEAST_BEFORE_MS,
    LEAST_SAMPLES,
    MOST_BEFORE_MS,
    SHORT_MS,
    Estimate,
    NotMeasurable,
    Span,
    by_forecast,
    by_level_before,
    covers,
)
from cloud.energy.effect import Effect
from cloud.energy.forecast_run import ForecastPoint
from cloud.energy.ports import ForecastBook
from cloud.energy.threshold import MAX_GAP_MS, number_of

UNIT = "W"
SETTLE_MS = 2_000
"""Nothing is measured sooner after the end: readings of several devices arrive side by side."""

_NAMESPACE = uuid.UUID("3f1f3c5e-2d9f-4f36-a8d1-8a0f5d0f6c77")
_TOOK = frozenset({CommandState.VERIFIED, CommandState.RELINQUISHED})
_UNDER_WAY = frozenset({CommandState.APPROVED, CommandState.SENT})


class NotYet(Exception):
    """The effect can be measured, but later."""


@dataclass(frozen=True, slots=True)
class EffectBooks:
    """What a measurement reads."""

    store: TimeSeriesStore
    commands: CommandLedger
    forecasts: ForecastBook


@dataclass(frozen=True, slots=True)
class Hold:
    """The commands that took, when the first of them was sent, and the time in which any of them held."""

    command_ids: tuple[str, ...]
    sent_ms: int
    span: Span


def is_measured(breach: Breach) -> bool:
    """Whether a breach is one whose effect is asked for: closed, seen live, and answered by commands."""
    return breach.state is BreachState.CLOSED and not breach.is_late and bool(breach.command_ids)


def effect_id(breach: Breach) -> str:
    return str(uuid.uuid5(_NAMESPACE, breach.breach_id))


def measure(breach: Breach, threshold: Threshold | None, unit: str, books: EffectBooks, now_ms: int) -> Effect:
    """The effect of a closed breach's commands on the series that was too high.

    `unit` is the base unit of that series. Raises NotMeasurable, and NotYet while something is still to come.
    """
    if threshold is None:
        raise NotMeasurable("threshold_gone")
    if unit != UNIT:
        raise NotMeasurable("not_power")
    hold = hold_of(breach, books.commands, now_ms)
    key = SeriesKey(threshold.group, threshold.device, threshold.point)
    if not _has_arrived(key, hold.span.end_ms, books.store, now_ms):
        raise NotYet
    estimate = _estimate(breach, threshold, key, hold, books)
    saved_wh = estimate.expected_wh - estimate.actual_wh
    return Effect(
        effect_id=effect_id(breach),
        institution_id=breach.institution_id,
        breach_id=breach.breach_id,
        command_ids=hold.command_ids,
        group=threshold.group,
        device=threshold.device,
        point=threshold.point,
        start_ms=hold.span.start_ms,
        end_ms=hold.span.end_ms,
        expected_wh=estimate.expected_wh,
        actual_wh=estimate.actual_wh,
        saved_wh=saved_wh,
        low_wh=saved_wh - estimate.half_width_wh,
        high_wh=saved_wh + estimate.half_width_wh,
        method=estimate.method,
        measured_ms=now_ms,
        terms=estimate.terms,
    )


def hold_of(breach: Breach, ledger: CommandLedger, now_ms: int) -> Hold:
    """From the first read-back until the last command was given back or its lease was over."""
    records = [record for one in breach.command_ids if (record := ledger.find(one)) is not None]
    if any(record.state in _UNDER_WAY for record in records):
        raise NotYet
    took = [record for record in records if record.state in _TOOK and record.sent_ms is not None]
    if not took:
        raise NotMeasurable("no_command_took")
    span = Span(min(_begun_ms(one) for one in took), max(_ended_ms(one, ledger, now_ms) for one in took))
    if span.length_ms <= 0:
        raise NotMeasurable("held_no_time")
    sent_ms = min(one.sent_ms for one in took if one.sent_ms is not None)
    return Hold(tuple(one.request.command_id for one in took), sent_ms, span)


def _begun_ms(record: CommandRecord) -> int:
    """The read-back, or the sending once the receipt tells of the end instead."""
    if record.state is CommandState.VERIFIED and record.receipt is not None:
        return record.receipt.at_ms
    return record.sent_ms or record.proposed_ms


def _ended_ms(record: CommandRecord, ledger: CommandLedger, now_ms: int) -> int:
    if record.state is CommandState.RELINQUISHED and record.receipt is not None:
        return record.receipt.at_ms
    returned = ledger.find(give_back_id(record.request.command_id))
    if returned is not None and returned.state in _TOOK and returned.receipt is not None:
        return returned.receipt.at_ms
    if now_ms < lease_end_ms(record):
        raise NotYet
    return lease_end_ms(record)


def _has_arrived(key: SeriesKey, end_ms: int, store: TimeSeriesStore, now_ms: int) -> bool:
    """Whether a reading after the end is there, so that those before it are; or none is to be waited for any more."""
    if now_ms < end_ms + SETTLE_MS:
        return False
    return now_ms >= end_ms + MAX_GAP_MS or bool(store.series(key, end_ms, end_ms + MAX_GAP_MS))


def _estimate(breach: Breach, threshold: Threshold, key: SeriesKey, hold: Hold, books: EffectBooks) -> Estimate:
    first_ms = hold.sent_ms - HOUR_MS - MAX_GAP_MS
    samples = books.store.series(key, first_ms, hold.span.end_ms)
    if hold.span.length_ms <= SHORT_MS:
        return by_level_before(samples, _exceeding(breach, threshold, hold, samples), hold.span)
    hour_before = Span(hold.sent_ms - HOUR_MS, hold.sent_ms)
    points = _issued_before(books.forecasts, key, Span(hour_before.start_ms, hold.span.end_ms))
    return by_forecast(samples, points, hour_before, hold.span)


def _exceeding(breach: Breach, threshold: Threshold, hold: Hold, samples: Sequence[Sample]) -> Span:
    """The time before the first command in which the limit was exceeded: before that the load was another one.

    It reaches back to the third last reading at least, as a steady load is seldom sent.
    """
    exceeded_ms = breach.opened_ms - round(threshold.hold_s * 1000)
    times = [one.measured_ms for one in samples if one.measured_ms < hold.sent_ms and number_of(one) is not None]
    told_ms = times[-LEAST_SAMPLES] if len(times) >= LEAST_SAMPLES else hold.sent_ms
    start_ms = min(exceeded_ms, told_ms, hold.sent_ms - LEAST_BEFORE_MS)
    return Span(max(start_ms, hold.sent_ms - MOST_BEFORE_MS), hold.sent_ms)


def _issued_before(book: ForecastBook, key: SeriesKey, span: Span) -> Sequence[ForecastPoint]:
    """The newest forecast that reaches over the span and did not know it."""
    for run in reversed(book.runs(key, span.start_ms, span.end_ms)):
        known_ms = run.made_ms if run.history_end_ms is None else run.history_end_ms
        if known_ms <= span.start_ms and covers(run.points, span):
            return run.points
    raise NotMeasurable("no_forecast")
