"""Thinning and condensing in InfluxDB: one local day of one device in one measurement at a time.

What is about to happen stands in SQL before it does: a day whose readings are being taken away is never read again to
make means of it, and how many are gone is the difference that the day itself shows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from cloud.adapters.influx.coarse import QUARTER_MS, SUFFIXES, Span, coarse_lines, joined_by, of_sample
from cloud.adapters.influx.lines import BAD, QUALITY, joined
from cloud.adapters.influx.progress import Phase, Place, Progress, UpkeepProgress
from cloud.adapters.influx.reader import FieldTypes, InfluxReader, device_source
from cloud.adapters.influx.server import InfluxServer
from cloud.core.series import DAY_MS, SeriesKey, window_start
from cloud.core.store_upkeep import Decide
from device_profiles.measurements import TAGS, store_field

_THIN = 1
"""The grain of thinned readings, which is no length."""

_AT_ONCE = 200


class InfluxUpkeep:
    """The half of the port StoreUpkeep that InfluxDB needs; packing is its own business."""

    def __init__(
        self, server: InfluxServer, reader: InfluxReader, progress: UpkeepProgress, types: Callable[[], FieldTypes]
    ) -> None:
        self._server, self._reader, self._progress, self._types = server, reader, progress, types

    def thin(self, keys: Sequence[SeriesKey], before_ms: int, decide: Decide) -> bool:
        return any(self._thin(measurement, of, before_ms, decide) for measurement, of in _by_measurement(keys).items())

    def condense(self, keys: Sequence[SeriesKey], before_ms: int, window_ms: int) -> bool:
        if window_ms not in SUFFIXES:
            raise ValueError(f"no means are kept of windows of {window_ms} ms")
        return any(
            self._condense(measurement, of, before_ms, window_ms) for measurement, of in _by_measurement(keys).items()
        )

    def _thin(self, measurement: str, keys: Sequence[SeriesKey], before_ms: int, decide: Decide) -> bool:
        place = Place(keys[0].group, keys[0].device, measurement, _THIN)
        day = self._day(place, measurement, before_ms)
        if day is None:
            return False
        start_ms, progress = day
        if progress.phase is Phase.IDLE:
            progress = Progress(start_ms, Phase.TAKING, self._count(place, measurement, start_ms))
            self._progress.note(place, progress)
        kept: set[int] = set()
        for key in keys:
            kept |= set(decide(self._reader.samples(key, start_ms, start_ms + DAY_MS, self._types())))
        self._take(place, measurement, keys, start_ms, kept)
        self._finish(place, measurement, start_ms, progress)
        return True

    def _condense(self, measurement: str, keys: Sequence[SeriesKey], before_ms: int, window_ms: int) -> bool:
        """Quarter hours are made of readings, days of quarter hours."""
        place = Place(keys[0].group, keys[0].device, measurement, window_ms)
        source = measurement if window_ms == QUARTER_MS else measurement + SUFFIXES[QUARTER_MS]
        day = self._day(place, source, before_ms)
        if day is None:
            return False
        start_ms, progress = day
        if progress.phase is not Phase.TAKING:
            if progress.phase is Phase.IDLE:
                progress = Progress(start_ms, Phase.WRITING, self._count(place, source, start_ms))
                self._progress.note(place, progress)
            self._write(place, keys, start_ms)
            progress = Progress(start_ms, Phase.TAKING, progress.readings)
            self._progress.note(place, progress)
        self._take(place, source, keys, start_ms, ())
        self._finish(place, source, start_ms, progress)
        return True

    def _day(self, place: Place, source: str, before_ms: int) -> tuple[int, Progress] | None:
        """Start of the next day to be done, or of the one that was begun; None when there is none."""
        progress = self._progress.of(place)
        if progress.phase is not Phase.IDLE:
            return progress.until_ms, progress
        end_ms = window_start(before_ms, DAY_MS)
        text = f"SELECT * {device_source(place.group, place.device, source, progress.until_ms, end_ms)} LIMIT 1"
        first_ms = next((row[0] for series in self._server.query(text) for row in series.values), None)
        return None if first_ms is None else (window_start(first_ms, DAY_MS), progress)

    def _count(self, place: Place, source: str, start_ms: int) -> int:
        """Readings of the day; means are none."""
        return self._reader.counted(place.group, place.device, source, start_ms, start_ms + DAY_MS)

    def _finish(self, place: Place, source: str, start_ms: int, progress: Progress) -> None:
        is_made_of_readings = source == place.measurement
        gone = progress.readings - self._count(place, source, start_ms) if is_made_of_readings else 0
        self._progress.note(place, Progress(start_ms + DAY_MS), thinned=gone)

    def _write(self, place: Place, keys: Sequence[SeriesKey], start_ms: int) -> None:
        end_ms, fields = start_ms + DAY_MS, dict[str, Sequence[Span]]()
        for key in keys:
            if place.grain_ms == QUARTER_MS:
                samples = self._reader.samples(key, start_ms, end_ms, self._types())
                spans = [span for sample in samples if (span := of_sample(sample)) is not None]
            else:
                spans = self._reader.spans(key, start_ms, end_ms, QUARTER_MS)
            fields[store_field(key.point).field] = joined_by(spans, place.grain_ms)
        tags = {"group": place.group, "device": place.device}
        lines = coarse_lines(place.measurement + SUFFIXES[place.grain_ms], tags, fields)
        if lines:
            self._server.write(joined(lines))

    def _take(self, place: Place, source: str, keys: Sequence[SeriesKey], start_ms: int, kept: Collection[int]) -> None:
        """Take away the lines of the day but those kept, and those in which something else stands."""
        where = device_source(place.group, place.device, source, start_ms, start_ms + DAY_MS)
        mine = {store_field(key.point).field for key in keys}
        ranges: list[tuple[int, int]] = []
        is_open = False
        for at_ms, stays in self._lines(where, mine, kept):
            if stays:
                is_open = False
            elif is_open:
                ranges[-1] = ranges[-1][0], at_ms
            else:
                ranges.append((at_ms, at_ms))
                is_open = True
        for begin in range(0, len(ranges), _AT_ONCE):
            texts = (
                f"DELETE {device_source(place.group, place.device, source, first_ms, last_ms + 1)}"
                for first_ms, last_ms in ranges[begin : begin + _AT_ONCE]
            )
            self._server.query("; ".join(texts))

    def _lines(self, where: str, mine: Collection[str], kept: Collection[int]) -> list[tuple[int, bool]]:
        """Every line of the day, and whether it stays."""
        found: list[tuple[int, bool]] = []
        for series in self._server.query(f"SELECT * {where}"):
            foreign = [place for place, name in enumerate(series.columns) if place and _is_foreign(name, mine)]
            found += [(row[0], row[0] in kept or _is_any(row, foreign)) for row in series.values]
        return sorted(found)


def _by_measurement(keys: Sequence[SeriesKey]) -> Mapping[str, Sequence[SeriesKey]]:
    found: dict[str, list[SeriesKey]] = {}
    for key in keys:
        found.setdefault(store_field(key.point).measurement, []).append(key)
    return found


def _is_foreign(column: str, mine: Collection[str]) -> bool:
    """Whether a column is a field of a series that is none of these; tags are no fields."""
    for ending in (QUALITY, BAD, "_n", "_sum", "_min", "_max"):
        if column.endswith(ending) and column.removesuffix(ending) in mine:
            return False
    return column not in mine and column not in TAGS


def _is_any(row: Sequence[Any], places: Sequence[int]) -> bool:
    return any(row[place] is not None for place in places)
