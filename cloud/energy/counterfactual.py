"""What a metered load would have used had nothing been commanded, and what it did use. Pure.

Within half an hour the load before the command tells it best; beyond that, the forecast of the day, moved to the level
of the hour before the command. Both are estimates; the interval says how good. Energy is integrated over exactly the
time in which a value is known: it holds until the next one, at most MAX_GAP_MS.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cloud.core.series import Sample
from cloud.energy.forecast_run import ForecastPoint
from cloud.energy.threshold import MAX_GAP_MS, number_of

HOUR_MS = 3_600_000
SHORT_MS = HOUR_MS // 2
"""Up to here the load before the first command is the counterfactual."""

LEAST_BEFORE_MS, MOST_BEFORE_MS = 10_000, 15 * 60_000
LEAST_SAMPLES = 3
LEAST_KNOWN = 0.9
"""Share of a span that must be known to speak of its energy."""

_STUDENT_90 = ((2, 2.920), (3, 2.353), (4, 2.132), (5, 2.015), (7, 1.895), (10, 1.812), (20, 1.725), (40, 1.684))
"""Nine tenths of Student's distribution lie within so many standard deviations, by degrees of freedom."""

LEVEL_BEFORE, FORECAST_LEVEL = "level_before", "forecast_level"


class NotMeasurable(Exception):
    """There is no honest figure; `reason` is a code of the texts `effect.unmeasured.*`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Span:
    """start <= time < end."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Piece:
    """A time in which the load is known to have been `watts`."""

    start_ms: int
    end_ms: int
    watts: float

    @property
    def wh(self) -> float:
        return self.watts * (self.end_ms - self.start_ms) / HOUR_MS


@dataclass(frozen=True, slots=True)
class Estimate:
    """Energy in Wh over the held time; `half_width_wh` makes the 90 % interval of what was expected."""

    method: str
    expected_wh: float
    actual_wh: float
    half_width_wh: float
    terms: Mapping[str, float]


def pieces(samples: Sequence[Sample], span: Span) -> list[Piece]:
    """The known load within a span, in time order; `samples` in time order should reach MAX_GAP_MS further back."""
    found = []
    ends = [*(sample.measured_ms for sample in samples[1:]), span.end_ms]
    for sample, next_ms in zip(samples, ends, strict=True) if samples else ():
        start_ms = max(sample.measured_ms, span.start_ms)
        end_ms = min(next_ms, sample.measured_ms + MAX_GAP_MS, span.end_ms)
        value = number_of(sample)
        if value is not None and start_ms < end_ms:
            found.append(Piece(start_ms, end_ms, value))
    return found


def by_level_before(samples: Sequence[Sample], before: Span, held: Span) -> Estimate:
    """Expected is the mean load over `before` for as long as the load is known while held.

    The interval is that of a further level after these (Student's, for few readings): the load may have gone on at any
    height it had before. Raises NotMeasurable.
    """
    known, held_pieces = _known(samples, before), _known(samples, held)
    if len(known) < LEAST_SAMPLES:
        raise NotMeasurable("too_few_before")
    known_ms = sum(one.end_ms - one.start_ms for one in known)
    level_w = sum(one.wh for one in known) * HOUR_MS / known_ms
    squares = sum((one.watts - level_w) ** 2 * (one.end_ms - one.start_ms) for one in known) / known_ms
    spread_w = math.sqrt(squares * len(known) / (len(known) - 1))
    factor = prediction_factor(len(known))
    held_h = sum(one.end_ms - one.start_ms for one in held_pieces) / HOUR_MS
    return Estimate(
        method=LEVEL_BEFORE,
        expected_wh=level_w * held_h,
        actual_wh=math.fsum(one.wh for one in held_pieces),
        half_width_wh=factor * spread_w * held_h,
        terms={
            "level_before_w": level_w,
            "spread_before_w": spread_w,
            "interval_factor": factor,
            "samples_before_count": len(known),
            "before_s": before.length_ms / 1000,
            "held_known_s": held_h * 3600,
        },
    )


def by_forecast(samples: Sequence[Sample], points: Sequence[ForecastPoint], before: Span, held: Span) -> Estimate:
    """Expected is the forecast, times what the load was over `before` as a share of its forecast.

    The interval is the forecast's own, moved in the same way, as if every hour erred alike: cautious, for the level is
    known. Raises NotMeasurable.
    """
    before_pieces, held_pieces = _known(samples, before), _known(samples, held)
    actual_before = math.fsum(one.wh for one in before_pieces)
    forecast_before = math.fsum(point.mean * hours for point, hours in _under(points, before_pieces))
    if forecast_before <= 0:
        raise NotMeasurable("forecast_without_load")
    ratio = actual_before / forecast_before
    under = list(_under(points, held_pieces))
    forecast_held = math.fsum(point.mean * hours for point, hours in under)
    return Estimate(
        method=FORECAST_LEVEL,
        expected_wh=ratio * forecast_held,
        actual_wh=math.fsum(one.wh for one in held_pieces),
        half_width_wh=ratio * math.fsum((point.high - point.low) / 2 * hours for point, hours in under),
        terms={
            "actual_before_wh": actual_before,
            "forecast_before_wh": forecast_before,
            "ratio": ratio,
            "forecast_held_wh": forecast_held,
            "before_s": before.length_ms / 1000,
            "held_known_s": sum(one.end_ms - one.start_ms for one in held_pieces) / 1000,
        },
    )


def prediction_factor(count: int) -> float:
    """How many standard deviations of `count` readings a further one stays within, nine times in ten."""
    freedom = max(count - 1, _STUDENT_90[0][0])
    student = next(value for least, value in reversed(_STUDENT_90) if least <= freedom)
    return student * math.sqrt(1 + 1 / count)


def covers(points: Sequence[ForecastPoint], span: Span) -> bool:
    """Whether points without a gap between them reach over the whole span."""
    mine = [one for one in points if one.start_ms < span.end_ms and one.end_ms > span.start_ms]
    if not mine or mine[0].start_ms > span.start_ms or mine[-1].end_ms < span.end_ms:
        return False
    return all(one.end_ms == after.start_ms for one, after in pairwise(mine))


def _known(samples: Sequence[Sample], span: Span) -> list[Piece]:
    found = pieces(samples, span)
    if sum(one.end_ms - one.start_ms for one in found) < LEAST_KNOWN * span.length_ms:
        raise NotMeasurable("gaps")
    return found


def _under(points: Sequence[ForecastPoint], known: Sequence[Piece]) -> Iterator[tuple[ForecastPoint, float]]:
    """Each point with the hours in which both it and the load are known."""
    for piece in known:
        for point in points:
            shared_ms = min(piece.end_ms, point.end_ms) - max(piece.start_ms, point.start_ms)
            if shared_ms > 0:
                yield point, shared_ms / HOUR_MS
