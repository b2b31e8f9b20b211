"""CounterBook in memory, with all its versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cloud.core.counter_break import CounterNote, ParamChange


@dataclass
class Version:
    """One version of a note; `known_to_ms` None while it is current."""

    source: str
    note: CounterNote
    by: str
    known_from_ms: int
    known_to_ms: int | None = None
    is_booked: bool = False


class FakeCounterBook:
    """CounterBook; tests put births with other parameters into `changes`."""

    def __init__(self) -> None:
        self.versions: list[Version] = []
        self.changes: list[ParamChange] = []

    def note(self, source: str, notes: Sequence[CounterNote], by: str, known_from_ms: int) -> bool:
        current = [one for one in self.versions if one.source == source and one.known_to_ms is None]
        ended = [one for one in current if one.note not in notes]
        fresh = [note for note in notes if note not in [one.note for one in current]]
        for one in ended:
            one.known_to_ms, one.is_booked = known_from_ms, False
        self.versions += [Version(source, note, by, known_from_ms) for note in fresh]
        return bool(ended or fresh)

    def notes(self, known_at_ms: int | None = None) -> list[CounterNote]:
        known = [
            one.note
            for one in self.versions
            if (known_at_ms is None and one.known_to_ms is None)
            or (
                known_at_ms is not None
                and one.known_from_ms <= known_at_ms
                and (one.known_to_ms is None or known_at_ms < one.known_to_ms)
            )
        ]
        return sorted(known, key=lambda note: note.span_ms)

    def unbooked(self) -> Mapping[int, CounterNote]:
        return {number: one.note for number, one in enumerate(self.versions) if not one.is_booked}

    def booked(self, versions: Collection[int]) -> None:
        for number in versions:
            self.versions[number].is_booked = True

    def param_changes(self) -> list[ParamChange]:
        return self.changes
