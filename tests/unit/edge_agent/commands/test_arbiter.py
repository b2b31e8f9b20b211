"""The priority array against a model: the lowest live number wins, and nothing outside the limits ever does."""

from __future__ import annotations

import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.commands.arbiter import Entry, PriorityArray

LOW, HIGH, DEFAULT = 18.0, 30.0, 26.0


class PriorityArrayMachine(RuleBasedStateMachine):
    """Any order of placing, relinquishing, passing time and losing the link."""

    def __init__(self) -> None:
        super().__init__()
        self.array = PriorityArray(default=DEFAULT, low=LOW, high=HIGH)
        self.model: dict[int, Entry] = {}
        self.now_s = 0.0
        self.placed = 0

    @rule(
        priority=st.integers(-2, 20),
        value=st.floats(LOW, HIGH) | st.floats(allow_nan=True, allow_infinity=True),
        lease_s=st.floats(0.01, 100),
    )
    def place(self, priority: int, value: float, lease_s: float) -> None:
        self.placed += 1
        entry = Entry(f"c-{self.placed}", priority, value, self.now_s + lease_s)
        if 1 <= priority <= 16 and math.isfinite(value) and LOW <= value <= HIGH:
            assert self.array.place(entry) == self.model.get(priority)
            self.model[priority] = entry
        else:
            with pytest.raises(ValueError, match="outside"):
                self.array.place(entry)

    @rule(priority=st.integers(1, 16))
    def relinquish(self, priority: int) -> None:
        removed = self.array.remove(lambda entry: entry.priority == priority)
        expected = self.model.pop(priority, None)
        assert removed == ([] if expected is None else [expected])

    @rule()
    def lose_the_link(self) -> None:
        self.array.remove(lambda entry: entry.is_automatic)
        self.model = {level: entry for level, entry in self.model.items() if level <= 8}

    @rule(seconds=st.floats(0, 60))
    def pass_time(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def end_leases(self) -> None:
        over = {entry for entry in self.model.values() if entry.lease_ends_s <= self.now_s}
        assert set(self.array.end_leases(self.now_s)) == over
        self.model = {level: entry for level, entry in self.model.items() if entry not in over}

    @invariant()
    def the_lowest_live_number_wins(self) -> None:
        live = [entry for entry in self.model.values() if entry.lease_ends_s > self.now_s]
        winner = min(live, key=lambda entry: entry.priority, default=None)
        assert self.array.winner(self.now_s) == winner
        assert self.array.value(self.now_s) == (DEFAULT if winner is None else winner.value)

    @invariant()
    def the_value_is_inside_the_limits(self) -> None:
        assert LOW <= self.array.value(self.now_s) <= HIGH


TestPriorityArray = PriorityArrayMachine.TestCase
TestPriorityArray.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)


def test_a_default_outside_the_limits_is_refused() -> None:
    with pytest.raises(ValueError, match="relinquish default"):
        PriorityArray(default=10, low=LOW, high=HIGH)
