"""Means of quarter hours and days in InfluxDB: lines of a measurement beside that of the readings.

Every field of the readings has four there: how many GOOD numbers, their sum, the least and the greatest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cloud.adapters.influx.lines import escape, field_text, prefix
from cloud.core.series import DAY_MS, QUARTER_MS, Aggregate, Sample, window_start
from gateway.messages import Quality

SUFFIXES: Mapping[int, str] = {QUARTER_MS: "_15m", DAY_MS: "_1d"}
"""Grain -> what the measurement's name ends with."""

PARTS = ("_n", "_sum", "_min", "_max")


@dataclass(frozen=True, slots=True)
class Span:
    """The GOOD numbers of one window, or of a part of it."""

    at_ms: int
    good: int
    total: float
    lowest: float
    highest: float

    @property
    def mean(self) -> float:
        return self.total / self.good


def of_sample(sample: Sample) -> Span | None:
    """A reading as a span of its own; None for what is no GOOD number."""
    value = sample.value
    if sample.quality is not Quality.GOOD or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Span(sample.measured_ms, 1, value, value, value)


def joined_by(spans: Iterable[Span], window_ms: int) -> list[Span]:
    """One span for each window that holds any, in time order."""
    found: dict[int, Span] = {}
    for one in sorted(spans, key=lambda span: span.at_ms):
        start_ms = window_start(one.at_ms, window_ms)
        known = found.get(start_ms)
        found[start_ms] = _joined(known, one) if known else _at(one, start_ms)
    return [found[start_ms] for start_ms in sorted(found)]


def aggregated(spans: Sequence[Span], window_ms: int, aggregate: Aggregate) -> Iterator[Sample]:
    """What the windows of these spans come to; first and last are means where means are kept."""
    ends: dict[int, list[Span]] = {}
    for one in sorted(spans, key=lambda span: span.at_ms):
        ends.setdefault(window_start(one.at_ms, window_ms), []).append(one)
    for window in joined_by(spans, window_ms):
        of_window = ends[window.at_ms]
        values = {
            "mean": window.mean,
            "sum": window.total,
            "min": window.lowest,
            "max": window.highest,
            "count": window.good,
            "first": of_window[0].mean,
            "last": of_window[-1].mean,
        }
        yield Sample(window.at_ms, values[aggregate])


def coarse_lines(measurement: str, tags: Mapping[str, str], fields: Mapping[str, Sequence[Span]]) -> list[str]:
    """One line for each window, with the four fields of every field that has anything in it."""
    by_window: dict[int, list[str]] = {}
    for name, spans in sorted(fields.items()):
        for one in spans:
            parts = (one.good, float(one.total), float(one.lowest), float(one.highest))
            by_window.setdefault(one.at_ms, []).extend(
                f"{escape(name + part)}={field_text(value)}" for part, value in zip(PARTS, parts, strict=True)
            )
    head = prefix(measurement, tags)
    return [f"{head} {','.join(texts)} {at_ms}" for at_ms, texts in sorted(by_window.items())]


def _at(span: Span, start_ms: int) -> Span:
    return Span(start_ms, span.good, span.total, span.lowest, span.highest)


def _joined(one: Span, other: Span) -> Span:
    return Span(
        one.at_ms,
        one.good + other.good,
        one.total + other.total,
        min(one.lowest, other.lowest),
        max(one.highest, other.highest),
    )
