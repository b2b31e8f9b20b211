"""Decides which command holds a point: BACnet's priority array (ASHRAE 135, 19.2) with a lease on every entry.

Levels: 1-2 safety, 5 equipment protection, 6 minimum on/off times, 8 manual operator, 9-16 automatic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

HIGHEST, LOWEST = 1, 16
MANUAL_OPERATOR = 8
LOCAL = "local:"
"""Begins the id of a command that the box gave itself; it holds only while the cloud is silent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A commanded value (base unit) at one level, live until `lease_ends_s` (monotonic)."""

    command_id: str
    priority: int
    value: float
    lease_ends_s: float

    @property
    def is_automatic(self) -> bool:
        return self.priority > MANUAL_OPERATOR

    @property
    def is_local(self) -> bool:
        return self.command_id.startswith(LOCAL)


class PriorityArray:
    """The sixteen levels of one point; with none live the relinquish default holds. Values in the base unit."""

    def __init__(self, *, default: float, low: float, high: float) -> None:
        if not low <= default <= high:
            raise ValueError(f"relinquish default {default} is outside {low}..{high}")
        self.default, self._low, self._high = default, low, high
        self._levels: dict[int, Entry] = {}

    def allows(self, entry: Entry) -> bool:
        """Whether the entry's value lies inside the limits (NaN never does) and its level exists."""
        return HIGHEST <= entry.priority <= LOWEST and self._low <= entry.value <= self._high

    def place(self, entry: Entry) -> Entry | None:
        """Put an entry at its level and give back the one it replaces; ValueError outside limits or levels."""
        if not self.allows(entry):
            raise ValueError(f"{entry} is outside {self._low}..{self._high} or levels {HIGHEST}..{LOWEST}")
        replaced = self._levels.get(entry.priority)
        self._levels[entry.priority] = entry
        return replaced

    def remove(self, which: Callable[[Entry], bool]) -> list[Entry]:
        """Take out every entry that `which` picks, highest priority first."""
        picked = [entry for entry in self.entries() if which(entry)]
        for entry in picked:
            del self._levels[entry.priority]
        return picked

    def end_leases(self, now_s: float) -> list[Entry]:
        """Take out the entries whose lease is over."""
        return self.remove(lambda entry: entry.lease_ends_s <= now_s)

    def winner(self, now_s: float) -> Entry | None:
        """The live entry with the lowest number, or None when the relinquish default holds."""
        return next((entry for entry in self.entries() if entry.lease_ends_s > now_s), None)

    def value(self, now_s: float) -> float:
        """What the point shall be now; always inside the limits."""
        winner = self.winner(now_s)
        return self.default if winner is None else winner.value

    def entries(self) -> list[Entry]:
        """All entries, highest priority first, those with an ended lease included until they are taken out."""
        return [self._levels[level] for level in sorted(self._levels)]
