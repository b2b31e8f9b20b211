"""Turns rows into lines: each reading at a moment of its own, of the type that its field has for good. No sending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud.adapters.influx.ledger import Known
from cloud.adapters.influx.lines import check, field_texts
from cloud.adapters.influx.moments import FreeMoments
from cloud.adapters.influx.plans import Plan, Shifts, find, free_number
from cloud.adapters.influx.states import DeviceState, SeriesState, States
from cloud.core.series import StreamRow
from gateway.messages import Reading, Value
from gateway.stream import RangeSet

_KINDS: dict[type, str] = {float: "float", int: "int", bool: "bool", str: "text", type(None): ""}

FieldTypes = Mapping[tuple[str, str], str]


@dataclass(slots=True)
class Batch:
    """What one write does: lines to send, plans to note before, states and fates to book after."""

    known: Known
    rows: list[StreamRow] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    plans: dict[str, Plan] = field(default_factory=dict)
    grown: dict[str, tuple[RangeSet, RangeSet]] = field(default_factory=dict)
    touched: list[SeriesState] = field(default_factory=list)
    fresh: dict[tuple[str, str], str] = field(default_factory=dict)
    fates: Counter[tuple[str, str]] = field(default_factory=Counter)
    stored: int = 0
    moved: int = 0

    def release(self) -> None:
        """Everything planned is booked: the next batch begins with nothing under way."""
        for state in self.touched:
            state.planned.clear()
            state.is_touched = False

    def done(self) -> list[Plan]:
        """Plans of which every row will be booked with this batch."""
        older = [one for plans in self.known.plans.values() for one in plans]
        booked = {name: after for name, (_, after) in self.grown.items()}
        return [*self.plans.values(), *(one for one in older if _holds(booked.get(one.stream), one.rows))]


class BatchPlanner:
    """Plans rows one after the other; `types` are the settled types of fields."""

    def __init__(self, states: States, moments: FreeMoments, types: FieldTypes) -> None:
        self._states, self._moments, self._types = states, moments, types

    def plan(self, batch: Batch, row: StreamRow) -> None:
        """Add a row to a batch, unless the ledger or the batch holds it. Raises ValueError for content that no
        field can take, OverflowError for whole numbers beyond 64 bits."""
        if row.stream and not _book(batch, row):
            batch.fates[row.stream, "redelivered"] += len(row.readings) + row.quarantined
            return
        batch.fates[row.stream, "stored"] += len(row.readings)
        batch.fates[row.stream, "quarantined"] += row.quarantined
        batch.rows.append(row)
        batch.stored += len(row.readings)
        if row.readings:
            self._add_lines(batch, row)

    def _add_lines(self, batch: Batch, row: StreamRow) -> None:
        device = self._states.of(row.group, row.device)
        begun = find(batch.known.plans, row.stream, row.spool) if batch.known.plans else None
        tags = device.tags if begun is None else begun.tags[row.device]
        shifts: Shifts = {} if begun is None else begun.moved.get(row.spool, {})
        fields: dict[int, dict[str, list[str]]] = {}
        for one in row.readings:
            state = device.series.get(one.point) or device.add(one.point, self._types)
            at_ms = one.measured_ms
            if state.first_ms <= at_ms <= state.last_ms or shifts:
                at_ms = self._moment(state, one, shifts, is_begun=begun is not None, is_foreign=not row.stream)
            value = one.value
            if _KINDS[type(value)] != state.kind or state.kind == "int":
                value = self._fit(batch, state, value)
            state.take(at_ms, value, one.quality)
            if not state.is_touched:
                state.is_touched = True
                batch.touched.append(state)
            heads = fields.get(at_ms)
            if heads is None:
                heads = fields[at_ms] = {}
            heads.setdefault(state.place.measurement, []).append(field_texts(state.name, value, one.quality))
        batch.moved += len(shifts)
        _note_lines(batch, device, tags, fields)
        if row.stream:
            _plan_of(batch, row).add(row.spool, row.device, tags, shifts)

    def _moment(self, state: SeriesState, one: Reading, shifts: Shifts, *, is_begun: bool, is_foreign: bool) -> int:
        """The reading's own moment, or the next that is free; noted in `shifts`, or taken from there again."""
        at_ms, name = one.measured_ms, f"{one.point}@{one.measured_ms}"
        if is_begun:
            at_ms += shifts.get(name, 0)
        elif state.first_ms <= at_ms <= state.last_ms and (shift := self._shift(state, one, is_foreign=is_foreign)):
            shifts[name] = shift
            at_ms += shift
        self._moments.take(state.key, at_ms)
        return at_ms

    def _shift(self, state: SeriesState, one: Reading, *, is_foreign: bool) -> int:
        """Milliseconds to the next free moment, 0 when the reading's own is free."""
        taken, end_ms, shift = state.planned, state.last_ms + 1, 0
        while not self._moments.is_free(state.key, one.measured_ms + shift, end_ms, taken, self._types):
            # A foreign edge has no rows to tell apart: the same value at the same time is the same reading.
            if is_foreign and taken[one.measured_ms + shift] == one.value:
                break
            shift += 1
        return shift

    def _fit(self, batch: Batch, state: SeriesState, value: Value) -> Value:
        """The value as its field holds it; the first value of a field settles its type."""
        if value is None:
            return None
        check(value)
        place = state.place
        kind, name = _KINDS[type(value)], (place.measurement, place.field)
        settled = state.kind or batch.fresh.setdefault(name, kind)
        if kind == settled:
            return value
        if (kind, settled) != ("int", "float"):
            raise ValueError(f"{place.measurement}.{place.field} holds {settled}, not {kind}")
        return float(value)


def _book(batch: Batch, row: StreamRow) -> bool:
    """Whether the row is new; then it counts as booked."""
    grown = batch.grown.get(row.stream)
    if grown is None:
        booked = batch.known.booked[row.stream]
        grown = batch.grown[row.stream] = booked, RangeSet(booked)
    if row.spool in grown[1]:
        return False
    grown[1].add(row.spool)
    return True


def _plan_of(batch: Batch, row: StreamRow) -> Plan:
    plan = batch.plans.get(row.stream)
    if plan is None:
        number = free_number(batch.known.plans.get(row.stream, ()), row.spool)
        plan = batch.plans[row.stream] = Plan(row.stream, number)
    return plan


def _note_lines(
    batch: Batch, device: DeviceState, tags: Mapping[str, str], fields: Mapping[int, Mapping[str, list[str]]]
) -> None:
    for at_ms, heads in fields.items():
        for measurement, texts in heads.items():
            batch.lines.append(f"{device.head(measurement, tags)} {','.join(texts)} {at_ms}")


def _holds(booked: RangeSet | None, rows: RangeSet) -> bool:
    return booked is not None and all(booked.covers(*part) for part in rows)
