"""Breaches from transitions: one that opens now, one that closes now, and those found in readings that came late."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cloud.core.series import Sample
from cloud.core.threshold import Breach, BreachState, Threshold
from cloud.energy.threshold import ThresholdState, Transition, step

_NAMESPACE = uuid.UUID("5b1f5a52-6a5e-4d0e-9c55-4f0d6a1c7e10")


def open_breach(threshold: Threshold, transition: Transition) -> Breach:
    """The breach that this transition opens; the same threshold and time give the same id."""
    name = f"{threshold.institution_id}/{threshold.threshold_id}/{transition.at_ms}"
    return Breach(
        breach_id=str(uuid.uuid5(_NAMESPACE, name)),
        threshold_id=threshold.threshold_id,
        institution_id=threshold.institution_id,
        opened_ms=transition.at_ms,
        limit=threshold.limit,
        peak=transition.peak,
    )


def close_breach(breach: Breach, at_ms: int, peak: float) -> Breach:
    return replace(breach, state=BreachState.CLOSED, closed_ms=at_ms, peak=max(peak, breach.peak))


def resume(breach: Breach, evaluated_ms: int) -> ThresholdState:
    """The state that goes on with a breach known to be open, after a restart."""
    return ThresholdState(evaluated_ms, above_since_ms=breach.opened_ms, opened_ms=breach.opened_ms, peak=breach.peak)


def find_late_breaches(threshold: Threshold, samples: Sequence[Sample], start_ms: int, end_ms: int) -> list[Breach]:
    """Closed breaches, marked late, that opened in start..end; one still open at `end_ms` is closed there.

    `samples` should reach `reach_ms(threshold)` before `start_ms`.
    """
    state, transitions = step(threshold, ThresholdState(start_ms), samples, end_ms)
    if state.opened_ms is not None:
        transitions.append(Transition(BreachState.CLOSED, end_ms, state.mean or 0.0, state.peak))
    opened = transitions[0::2]
    closed = transitions[1::2]
    return [
        replace(close_breach(open_breach(threshold, first), last.at_ms, last.peak), is_late=True)
        for first, last in zip(opened, closed, strict=True)
    ]


def unrecorded(found: Iterable[Breach], recorded: Sequence[Breach]) -> list[Breach]:
    """Those of `found` that share no moment with a recorded breach of the same threshold."""
    return [breach for breach in found if not any(_overlap(breach, known) for known in recorded)]


def _overlap(one: Breach, other: Breach) -> bool:
    if one.threshold_id != other.threshold_id or one.institution_id != other.institution_id:
        return False
    return (other.closed_ms is None or one.opened_ms <= other.closed_ms) and (
        one.closed_ms is None or other.opened_ms <= one.closed_ms
    )
