"""What a series holds, as counts and a checksum that every kind of store gives alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from cloud.core.series import DAY_MS, SeriesKey
from cloud.core.store_transfer import Content, Kinds, StoreSource
from gateway.messages import Value

Span = tuple[int, int]
_DAYS_AT_ONCE = 31


@dataclass(frozen=True, slots=True)
class Digest:
    """Readings and means of a series, its oldest moment, the kinds of its values, and the SHA-256 of it all.

    The rows of the stream that readings came in are not in it: not every store keeps them.
    """

    readings: int
    means: int
    first_ms: int | None
    kinds: Kinds
    sha256: str


def parts(source: StoreSource, key: SeriesKey, span: Span | None) -> Iterator[Content]:
    """A series in time order, a month at a time."""
    if span is not None:
        start_ms, end_ms = span
        for begin_ms in range(start_ms, end_ms, _DAYS_AT_ONCE * DAY_MS):
            yield source.content(key, begin_ms, min(begin_ms + _DAYS_AT_ONCE * DAY_MS, end_ms))


def digest_of(source: StoreSource, key: SeriesKey, span: Span | None) -> Digest:
    """The digest of what stands in a span."""
    readings = means = 0
    first_ms: int | None = None
    kinds: set[type] = set()
    told = hashlib.sha256()
    for part in parts(source, key, span):
        samples = [one.sample for one in part.readings]
        lines = [f"{one.measured_ms} {_text(one.value)} {int(one.quality)}\n" for one in samples]
        lines += [
            f"{one.at_ms} {one.grain_ms} {one.good} {float(one.total)} {float(one.lowest)} {float(one.highest)}\n"
            for one in part.means
        ]
        told.update("".join(lines).encode())
        readings, means = readings + len(part.readings), means + len(part.means)
        kinds |= {type(one.value) for one in samples if one.value is not None}
        moments = [one.measured_ms for one in samples[:1]] + [one.at_ms for one in part.means[:1]]
        if first_ms is None:
            first_ms = min(moments, default=None)
    return Digest(readings, means, first_ms, frozenset(kinds), told.hexdigest())


def _text(value: Value) -> str:
    """The same text for the same value; a whole number is the same as an integer and as a float."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return repr(value)
