"""Thinning and condensing in InfluxDB: one local day of one device in one measurement at a time.

A field cannot be taken out of a line, so a line goes as a whole, when nothing in it is needed any more. Which lines go
stands in SQL before the first one does: whoever finishes a day that was begun takes away these and no others, whatever
has come late meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from cloud.adapters.influx.coarse import SUFFIXES, Span, coarse_lines, joined_by, of_sample
from cloud.adapters.influx.lines import joined
from cloud.adapters.influx.progress import Place, Progress, UpkeepProgress
from cloud.adapters.influx.reader import FieldTypes, InfluxReader, device_source
from cloud.adapters.influx.server import InfluxServer
from cloud.core.series import DAY_MS, QUARTER_MS, Sample, SeriesKey, window_start
from cloud.core.store_upkeep import Decide
from device_profiles.measurements import store_field

_AT_ONCE = 200
Rules = Mapping[SeriesKey, Decide | None]
"""What is decided for each series; None for those of which quarter hours stay."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of a place, and what was begun of it."""

    place: Place
    source: str
    start_ms: int
    progress: Progress

    @property
    def end_ms(self) -> int:
        return self.start_ms + DAY_MS


class InfluxUpkeep:
    """The half of the port StoreUpkeep that InfluxDB needs; packing is its own business."""

    def __init__(
        self, server: InfluxServer, reader: InfluxReader, progress: UpkeepProgress, types: Callable[[], FieldTypes]
    ) -> None:
        self._server, self._reader, self._progress, self._types = server, reader, progress, types

    def thin(self, decide: Mapping[SeriesKey, Decide], condensed: Collection[SeriesKey], before_ms: int) -> bool:
        rules: Rules = {**decide, **dict.fromkeys(condensed)}
        return any(self._thin(place, before_ms, rules) for place in _places(rules, QUARTER_MS))

    def condense(self, keys: Collection[SeriesKey], before_ms: int) -> bool:
        return any(self._condense(place, before_ms, keys) for place in _places(keys, DAY_MS))

    def _thin(self, place: Place, before_ms: int, rules: Rules) -> bool:
        day = self._day(place, place.measurement, before_ms)
        if day is None:
            return False
        if not day.progress.moments:
            mine = {key: rule for key, rule in rules.items() if store_field(key.point).measurement == place.measurement}
            day = self._begin_thinning(day, mine)
        self._take(day)
        return True

    def _begin_thinning(self, day: _Day, rules: Rules) -> _Day:
        place, names = day.place, {store_field(key.point).field for key in rules}
        told = {key: self._reader.samples(key, day.start_ms, day.end_ms, self._types()) for key in rules}
        source = device_source(place.group, place.device, place.measurement, day.start_ms, day.end_ms)
        going = _going(told, rules) - self._reader.others(source, names)
        fields = {
            store_field(key.point).field: joined_by(_spans(told[key], going), QUARTER_MS)
            for key, rule in rules.items()
            if rule is None
        }
        self._write(day, fields)
        readings = sum(sample.measured_ms in going for samples in told.values() for sample in samples)
        return self._begin(day, going, readings)

    def _condense(self, place: Place, before_ms: int, keys: Collection[SeriesKey]) -> bool:
        day = self._day(place, place.measurement + SUFFIXES[QUARTER_MS], before_ms)
        if day is None:
            return False
        if not day.progress.moments:
            mine = [key for key in keys if store_field(key.point).measurement == place.measurement]
            quarters = {key: self._reader.spans(key, day.start_ms, day.end_ms, QUARTER_MS) for key in mine}
            self._write(day, {store_field(key.point).field: joined_by(of, DAY_MS) for key, of in quarters.items()})
            # Means are no readings: nothing is counted.
            day = self._begin(day, {span.at_ms for of_key in quarters.values() for span in of_key}, 0)
        self._take(day)
        return True

    def _day(self, place: Place, source: str, before_ms: int) -> _Day | None:
        """The day that was begun, or the next one with anything in it; None when there is none."""
        progress = self._progress.of(place)
        if progress.moments:
            return _Day(place, source, progress.until_ms, progress)
        end_ms = window_start(before_ms, DAY_MS)
        text = f"SELECT * {device_source(place.group, place.device, source, progress.until_ms, end_ms)} LIMIT 1"
        first_ms = next((row[0] for series in self._server.query(text) for row in series.values), None)
        return None if first_ms is None else _Day(place, source, window_start(first_ms, DAY_MS), progress)

    def _write(self, day: _Day, fields: Mapping[str, list[Span]]) -> None:
        tags = {"group": day.place.group, "device": day.place.device}
        lines = coarse_lines(day.place.measurement + SUFFIXES[day.place.grain_ms], tags, fields)
        if lines:
            self._server.write(joined(lines))

    def _begin(self, day: _Day, going: Collection[int], readings: int) -> _Day:
        progress = Progress(day.start_ms, tuple(sorted(going)), readings)
        self._progress.note(day.place, progress)
        return _Day(day.place, day.source, day.start_ms, progress)

    def _take(self, day: _Day) -> None:
        place, moments = day.place, day.progress.moments
        for begin in range(0, len(moments), _AT_ONCE):
            texts = (
                f"DELETE {device_source(place.group, place.device, day.source, at_ms, at_ms + 1)}"
                for at_ms in moments[begin : begin + _AT_ONCE]
            )
            self._server.query("; ".join(texts))
        self._progress.note(place, Progress(day.end_ms), thinned=day.progress.readings)


def _places(keys: Iterable[SeriesKey], grain_ms: int) -> list[Place]:
    found = {Place(key.group, key.device, store_field(key.point).measurement, grain_ms) for key in keys}
    return sorted(found, key=lambda place: place.measurement)


def _going(told: Mapping[SeriesKey, list[Sample]], rules: Rules) -> set[int]:
    """Moments at which none of these series needs what it says."""
    kept = {at_ms for key, samples in told.items() if (decide := rules[key]) is not None for at_ms in decide(samples)}
    return {sample.measured_ms for samples in told.values() for sample in samples} - kept


def _spans(samples: list[Sample], going: Collection[int]) -> list[Span]:
    """The numbers that go; one that stays for the sake of another counts as what it is."""
    spans = (of_sample(sample) for sample in samples if sample.measured_ms in going)
    return [span for span in spans if span is not None]
