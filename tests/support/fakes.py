"""The ports of the cloud in memory: quick, and as strict as the adapters about what they promise."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.command_record import STATE_OF, CommandRecord, CommandRequest, CommandState, receipt_moves
from cloud.core.energy_interval import EnergyInterval, EnergyTotal, IntervalVersion, Reason, restated_for
from cloud.core.event import Event, LoggedEvent
from cloud.core.institution import ClimateZone, Institution, InstitutionClass, InstitutionModel
from cloud.core.ports import RegisteredDevice
from cloud.core.series import Aggregate, Sample, SeriesKey, StoreCounts, StreamRow, WriteResult
from cloud.core.threshold import Breach, Threshold
from foundation.errors import DomainError
from gateway.messages import Command, CommandReceipt, DeviceBirth, Quality
from gateway.stream import RangeSet

RECEIPT_GRACE_MS = 120_000
QUARTER_MS = 900_000


class FakeStore:
    """TimeSeriesStore; `put` is the tests' way in."""

    def __init__(self) -> None:
        self._series: dict[SeriesKey, dict[int, Sample]] = {}
        self._times: dict[SeriesKey, list[int]] = {}
        self._rows: dict[str, RangeSet] = {}
        self.read = 0

    def put(self, key: SeriesKey, *samples: Sample) -> None:
        self._series.setdefault(key, {}).update({one.measured_ms: one for one in samples})
        self._times.pop(key, None)

    def write(self, rows: Sequence[StreamRow]) -> WriteResult:
        stored = redelivered = 0
        for row in rows:
            booked = self._rows.setdefault(row.stream, RangeSet())
            if row.spool in booked:
                redelivered += len(row.readings)
                continue
            booked.add(row.spool)
            for one in row.readings:
                self.put(SeriesKey(row.group, row.device, one.point), Sample(one.measured_ms, one.value, one.quality))
            stored += len(row.readings)
        return WriteResult(stored, redelivered, 0)

    def position(self, stream: str) -> RangeSet:
        return self._rows.get(stream, RangeSet())

    def last(self, group: str, devices: Collection[str] | None = None) -> Mapping[SeriesKey, Sample]:
        return {
            key: samples[max(samples)]
            for key, samples in self._series.items()
            if key.group == group and (devices is None or key.device in devices)
        }

    def series(
        self, key: SeriesKey, start_ms: int, end_ms: int, *, window_ms: int | None = None, aggregate: Aggregate = "mean"
    ) -> list[Sample]:
        samples = self._series.get(key, {})
        if key not in self._times:
            self._times[key] = sorted(samples)
        times = self._times[key]
        found = [samples[at_ms] for at_ms in times[bisect_left(times, start_ms) : bisect_left(times, end_ms)]]
        if window_ms is None:
            self.read += len(found)
            return found
        if aggregate != "count":
            raise NotImplementedError(aggregate)
        windows: dict[int, int] = {}
        for one in found:
            if one.quality is Quality.GOOD and one.value is not None:
                window = one.measured_ms // window_ms * window_ms
                windows[window] = windows.get(window, 0) + 1
        return [Sample(window, count) for window, count in sorted(windows.items())]

    def counts(self) -> StoreCounts:
        stored = sum(len(samples) for samples in self._series.values())
        return StoreCounts(stored, 0, 0, 0, sum(len(rows) for rows in self._rows.values()))


class FakeEventLog:
    """EventLog."""

    def __init__(self) -> None:
        self.logged: list[LoggedEvent] = []
        self.appended = 0
        self._cursors: dict[str, int] = {}

    @property
    def events(self) -> list[Event]:
        return [one.event for one in self.logged]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def append(self, events: Sequence[Event]) -> list[LoggedEvent]:
        fresh = []
        for event in events:
            self.appended += 1
            if all(known.event_id != event.event_id for known in self.events):
                fresh.append(LoggedEvent(len(self.logged) + 1, event))
                self.logged.append(fresh[-1])
        return fresh

    def after(self, position: int, limit: int = 500) -> list[LoggedEvent]:
        return [one for one in self.logged if one.position > position][:limit]

    def find(self, event_ids: Collection[str]) -> list[LoggedEvent]:
        return [one for one in self.logged if one.event.event_id in event_ids]

    def recent(
        self,
        institution_ids: Collection[str],
        *,
        departments: Collection[str] | None = None,
        restricted_of: Collection[str] = (),
        limit: int = 100,
    ) -> list[LoggedEvent]:
        found = [
            one
            for one in reversed(self.logged)
            if one.event.institution_id in institution_ids
            and (departments is None or one.event.department in departments)
            and (not one.event.is_restricted or one.event.department in restricted_of)
        ]
        return found[:limit]

    def cursor(self, consumer: str) -> int:
        return self._cursors.get(consumer, 0)

    def advance(self, consumer: str, position: int) -> None:
        self._cursors[consumer] = position


class FakeRegistry:
    """Registry; tests put devices into `known`."""

    def __init__(self, *devices: RegisteredDevice) -> None:
        self.known = {(device.group, device.device): device for device in devices}

    def set_online(self, group: str, device: str, *, is_online: bool, at_ms: int = 0) -> None:
        self.known[group, device] = replace(self.known[group, device], is_online=is_online, changed_ms=at_ms)

    def node_born(self, group: str, node: str, nonce: str, at_ms: int, *, is_lossy: bool = False) -> None:
        raise NotImplementedError

    def node_lost(self, group: str, node: str, at_ms: int) -> None:
        raise NotImplementedError

    def device_born(self, group: str, node: str, birth: DeviceBirth, at_ms: int) -> None:
        raise NotImplementedError

    def device_lost(self, group: str, node: str, device: str, at_ms: int) -> None:
        raise NotImplementedError

    def devices(self, institution_ids: Collection[str]) -> list[RegisteredDevice]:
        return [device for device in self.known.values() if device.institution_id in institution_ids]


class FakeLedger:
    """CommandLedger."""

    def __init__(self) -> None:
        self.records: dict[str, CommandRecord] = {}
        self._counters: dict[str, int] = {}

    def in_state(self, state: CommandState) -> list[CommandRequest]:
        return [record.request for record in self.records.values() if record.state is state]

    def propose(self, request: CommandRequest, state: CommandState, at_ms: int) -> None:
        self.records.setdefault(request.command_id, CommandRecord(request, state, at_ms))

    def decide(self, command_id: str, *, approve: bool, by: str, at_ms: int) -> CommandRecord:
        record = self.records[command_id]
        if record.state is not CommandState.PROPOSED:
            raise DomainError("error.command_already_decided", 409, state=record.state)
        state = CommandState.APPROVED if approve else CommandState.REJECTED
        self.records[command_id] = replace(record, state=state, approved_by=by if approve else None)
        return self.records[command_id]

    def approved(self, now_ms: int, limit: int = 50) -> list[tuple[CommandRequest, str, int]]:
        waiting = self.in_state(CommandState.APPROVED)[:limit]
        return [(request, "nonce", now_ms + round(request.valid_s * 1000)) for request in waiting]

    def sent(self, command: Command, at_ms: int) -> None:
        record = self.records[command.command_id]
        self.records[command.command_id] = replace(record, state=CommandState.SENT, command=command, sent_ms=at_ms)

    def close(self, receipt: CommandReceipt, *, group: str, node: str) -> None:
        record = self.records.get(receipt.command_id)
        if record is None or (record.request.group, record.request.node) != (group, node):
            return
        if receipt_moves(record.state, receipt.outcome, answered=record.receipt is not None):
            state = STATE_OF[receipt.outcome]
            self.records[receipt.command_id] = replace(record, state=state, receipt=receipt)

    def expire(self, now_ms: int) -> list[CommandRecord]:
        expired = []
        for identity, record in self.records.items():
            state = _overdue(record, now_ms)
            if state is not None:
                self.records[identity] = replace(record, state=state)
                expired.append(self.records[identity])
        return expired

    def recent(self, institution_ids: Collection[str], *, limit: int = 100) -> list[CommandRecord]:
        found = [one for one in self.records.values() if one.request.institution_id in institution_ids]
        return sorted(found, key=lambda one: -one.proposed_ms)[:limit]

    def find(self, command_id: str) -> CommandRecord | None:
        return self.records.get(command_id)

    def next_counter(self, issuer: str) -> int:
        self._counters[issuer] = self._counters.get(issuer, 0) + 1
        return self._counters[issuer]


def _overdue(record: CommandRecord, now_ms: int) -> CommandState | None:
    if record.state is CommandState.APPROVED:
        late = now_ms > record.proposed_ms + record.request.valid_s * 1000
        return CommandState.EXPIRED if late else None
    if record.state is CommandState.SENT and record.command is not None:
        return CommandState.UNKNOWN if now_ms > record.command.expires_ms + RECEIPT_GRACE_MS else None
    return None


@dataclass
class FakeThresholdBook:
    """ThresholdBook."""

    kept: dict[str, Threshold] = field(default_factory=dict)
    found: dict[str, Breach] = field(default_factory=dict)

    def thresholds(self, institution_ids: Collection[str] | None = None) -> list[Threshold]:
        return [one for one in self.kept.values() if institution_ids is None or one.institution_id in institution_ids]

    def save(self, threshold: Threshold) -> None:
        self.kept[threshold.threshold_id] = threshold

    def remove(self, institution_id: str, threshold_id: str) -> None:
        self.kept.pop(threshold_id, None)

    def save_breach(self, breach: Breach) -> None:
        self.found[breach.breach_id] = breach

    def breaches(self, institution_ids: Collection[str] | None = None, *, limit: int = 100) -> list[Breach]:
        found = [one for one in self.found.values() if institution_ids is None or one.institution_id in institution_ids]
        return sorted(found, key=lambda one: -one.opened_ms)[:limit]


class FakeIntervalBook:
    """IntervalBook of quarter hours, each with all its versions."""

    def __init__(self) -> None:
        self.booked: dict[SeriesKey, dict[int, list[IntervalVersion]]] = {}
        self.current: dict[SeriesKey, dict[int, EnergyInterval]] = {}
        self.version_count = 0
        self.largest_booking = 0

    def book(
        self, intervals: Sequence[EnergyInterval], known_from_ms: int, reason: Reason = Reason.LATE_READING
    ) -> int:
        self.largest_booking = max(self.largest_booking, len(intervals))
        changed = 0
        for one in intervals:
            versions = self.booked.setdefault(one.key, {}).setdefault(one.start_ms, [])
            if versions and versions[-1].interval == one:
                continue
            if versions:
                versions[-1] = replace(versions[-1], known_to_ms=known_from_ms)
            why = restated_for(reason, one, [versions[-1].interval] if versions else [])
            versions.append(IntervalVersion(one, known_from_ms, None, why))
            self.current.setdefault(one.key, {})[one.start_ms] = one
            changed += 1
        self.version_count += changed
        return changed

    def watermark(self, key: SeriesKey) -> int | None:
        return max((start_ms + QUARTER_MS for start_ms in self.booked.get(key, {})), default=None)

    def first(self, keys: Collection[SeriesKey]) -> Mapping[SeriesKey, int]:
        return {key: min(of_series) for key in keys if (of_series := self.booked.get(key))}

    def between(
        self, key: SeriesKey, start_ms: int, end_ms: int, known_at_ms: int | None = None
    ) -> list[EnergyInterval]:
        known = self.versions(key, start_ms, end_ms)
        if known_at_ms is None:
            return [one.interval for one in known if one.known_to_ms is None]
        return [
            one.interval
            for one in known
            if one.known_from_ms <= known_at_ms and (one.known_to_ms is None or known_at_ms < one.known_to_ms)
        ]

    def total(
        self, keys: Collection[SeriesKey], start_ms: int, end_ms: int, known_at_ms: int | None = None
    ) -> Mapping[SeriesKey, EnergyTotal]:
        found = {key: self.between(key, start_ms, end_ms, known_at_ms) for key in keys}
        return {key: _total(intervals) for key, intervals in found.items() if intervals}

    def daily(
        self, keys: Collection[SeriesKey], first_day: date, end_day: date, known_at_ms: int | None = None
    ) -> Mapping[SeriesKey, Mapping[date, EnergyTotal]]:
        found: dict[SeriesKey, dict[date, EnergyTotal]] = {}
        for key in keys:
            days: dict[date, list[EnergyInterval]] = {}
            for one in self.between(key, day_start_ms(first_day), day_start_ms(end_day), known_at_ms):
                days.setdefault(local_day(one.start_ms), []).append(one)
            if days:
                found[key] = {day: _total(intervals) for day, intervals in days.items()}
        return found

    def versions(self, key: SeriesKey, start_ms: int, end_ms: int) -> list[IntervalVersion]:
        of_series = self.booked.get(key, {})
        starts = range(-(-start_ms // QUARTER_MS) * QUARTER_MS, end_ms - QUARTER_MS + 1, QUARTER_MS)
        return [one for start in starts for one in of_series.get(start, ())]


def _total(intervals: Sequence[EnergyInterval]) -> EnergyTotal:
    estimates = [one for one in intervals if one.is_estimated]
    return EnergyTotal(
        sum(one.delta for one in intervals),
        sum(one.delta for one in estimates),
        sum(one.end_ms - one.start_ms for one in intervals),
        sum(one.end_ms - one.start_ms for one in estimates),
    )


class FakeInstitutionBook:
    """InstitutionBook with bare institutions."""

    def __init__(self, *institution_ids: str) -> None:
        self._ids = institution_ids

    def save(self, model: InstitutionModel, *, replacing: InstitutionModel | None = None) -> None:
        raise NotImplementedError

    def institutions(self) -> list[Institution]:
        return [
            Institution(
                institution_id=identity,
                name={"zh-CN": identity, "en": identity},
                institution_class=InstitutionClass.STATE_ORGAN,
                region="450000",
                climate_zone=ClimateZone.HOT_SUMMER_WARM_WINTER,
            )
            for identity in self._ids
        ]

    def model(self, institution_id: str, known_at_ms: int | None = None) -> InstitutionModel | None:
        return None

    def institution_of(self, group: str) -> str:
        return self._ids[0]
