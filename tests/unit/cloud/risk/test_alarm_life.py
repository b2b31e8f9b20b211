"""The life of an alarm: its states one by one, and what no history can bring about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, run_state_machine_as_test
from hypothesis.stateful import rule as may

from cloud.core.event import Event, Severity
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.alarm_life import (
    LONGEST_SHELVING_MS,
    acknowledge,
    advance,
    end,
    is_chattering,
    off_delay_ms,
    open_alarm,
    opens_anew,
    receive,
    shelve,
    unshelve,
)
from cloud.risk.rule import Rule
from foundation.errors import DomainError
from tests.support.risk_rules import FIRE, LIMIT, NOW_MS, PUMP, SPEED, a_rule, an_event, examined

S = AlarmState
DELAYED = a_rule(on_delay_s=60, off_delay_s=30)


def opened(rule: Rule = PUMP, event: Event | None = None, *, now_ms: int | None = None) -> Alarm:
    event = event or an_event(rule.kind)
    return open_alarm(rule, event, department="real_estate", now_ms=event.received_ms if now_ms is None else now_ms)


def told(alarm: Alarm, rule: Rule, kind: str, after_s: float, **changes: Any) -> Alarm:
    at_ms = NOW_MS + round(after_s * 1000)
    return receive(alarm, rule, an_event(kind, at_ms, **changes), at_ms)


def shelved(alarm: Alarm, rule: Rule = PUMP, **changes: Any) -> Alarm:
    values = {"by": "li", "reason": "works", "until_ms": NOW_MS + 3_600_000, "now_ms": NOW_MS}
    return shelve(alarm, rule, **{**values, **changes})


def test_a_condition_without_delays_is_announced_at_once_and_returns_at_once() -> None:
    alarm = opened()
    assert (alarm.state, alarm.announced_ms, alarm.severity) == (S.UNACKNOWLEDGED, NOW_MS, Severity.ORANGE)
    returned = told(alarm, PUMP, PUMP.clears or "", 10)
    assert (returned.state, returned.active, returned.ended_ms) == (S.RETURNED, False, NOW_MS + 10_000)
    closed = acknowledge(returned, "li", NOW_MS + 20_000)
    assert (closed.state, closed.acknowledged_by, closed.closed_ms) == (S.CLOSED, "li", NOW_MS + 20_000)


def test_an_acknowledged_condition_closes_when_it_is_over() -> None:
    alarm = acknowledge(opened(), "li", NOW_MS + 1)
    assert acknowledge(alarm, "wang", NOW_MS + 2) == alarm
    assert told(alarm, PUMP, PUMP.clears or "", 5).state is S.CLOSED


def test_nobody_is_told_of_what_does_not_outlast_the_on_delay() -> None:
    alarm = opened(DELAYED)
    assert alarm.state is S.PENDING
    assert advance(alarm, DELAYED, NOW_MS + 59_999).state is S.PENDING
    over = told(alarm, DELAYED, DELAYED.clears or "", 59)
    assert (over.state, over.announced_ms) == (S.CLOSED, None)
    assert advance(alarm, DELAYED, NOW_MS + 60_000).state is S.UNACKNOWLEDGED


def test_what_outlasted_the_on_delay_is_told_even_if_its_end_is_known_first() -> None:
    late = told(opened(DELAYED), DELAYED, DELAYED.clears or "", 600)
    assert (late.state, late.announced_ms) == (S.UNACKNOWLEDGED, NOW_MS + 600_000)


def test_the_off_delay_keeps_an_alarm_that_comes_back_soon() -> None:
    alarm = acknowledge(advance(opened(DELAYED), DELAYED, NOW_MS + 60_000), "li", NOW_MS + 61_000)
    gone = told(alarm, DELAYED, DELAYED.clears or "", 100)
    assert gone.state is S.ACKNOWLEDGED
    again = told(gone, DELAYED, DELAYED.kind, 129)
    assert (again.state, again.active, again.count) == (S.ACKNOWLEDGED, True, 2)
    assert advance(gone, DELAYED, NOW_MS + 130_000).state is S.CLOSED
    closed = told(gone, DELAYED, DELAYED.kind, 130)
    assert (closed.state, closed.count, closed.active) == (S.CLOSED, 1, False)


def test_repeats_count_and_raise_the_colour_without_a_second_alarm() -> None:
    rule = examined("T10", "energy.x", lambda evidence: ())
    alarm = opened(rule, an_event(rule.kind, severity=Severity.YELLOW))
    again = told(alarm, rule, rule.kind, 30, severity=Severity.RED, occurred_ms=NOW_MS - 5_000)
    assert (again.count, again.severity, again.last_seen_ms) == (2, Severity.RED, NOW_MS)
    assert told(again, rule, rule.kind, 40, severity=Severity.BLUE).severity is Severity.RED


def test_the_same_event_twice_changes_nothing() -> None:
    event = an_event(PUMP.kind, NOW_MS + 1_000)
    once = receive(opened(), PUMP, event, NOW_MS + 1_000)
    assert receive(once, PUMP, event, NOW_MS + 9_000) == once


def test_an_event_older_than_the_newest_change_counts_and_changes_nothing_else() -> None:
    returned = told(opened(), PUMP, PUMP.clears or "", 10)
    stale = receive(returned, PUMP, an_event(PUMP.kind, NOW_MS + 5_000, is_late=True), NOW_MS + 60_000)
    assert (stale.state, stale.active, stale.count) == (S.RETURNED, False, 2)
    again = told(returned, PUMP, PUMP.kind, 20)
    old_end = receive(again, PUMP, an_event(PUMP.clears or "", NOW_MS + 15_000), NOW_MS + 60_000)
    assert old_end.active


def test_late_data_may_open_an_alarm_and_never_reopen_one() -> None:
    closed = acknowledge(told(opened(), PUMP, PUMP.clears or "", 10), "li", NOW_MS + 20_000)
    for at_s, expected in ((-60, True), (5, False), (30, True)):
        late = an_event(PUMP.kind, NOW_MS + at_s * 1_000, is_late=True)
        assert opens_anew(PUMP, late, [closed], NOW_MS + 90_000) is expected
    assert not opens_anew(PUMP, an_event(PUMP.kind, event_id=closed.event_ids[0]), [closed], NOW_MS)


def test_a_moment_is_over_when_it_is_told_and_waits_for_its_answer() -> None:
    alarm = opened(SPEED)
    assert (alarm.state, alarm.active) == (S.RETURNED, False)
    again = told(alarm, SPEED, SPEED.kind, 300)
    assert (again.state, again.count) == (S.RETURNED, 2)


def test_a_breach_found_late_is_over_and_leaves_a_running_one_alone() -> None:
    late = an_event(LIMIT.kind, NOW_MS - 600_000, is_late=True, severity=Severity.BLUE, data={"breach_id": "b-0"})
    alarm = opened(LIMIT, late, now_ms=NOW_MS)
    assert (alarm.state, alarm.severity, alarm.is_late) == (S.RETURNED, Severity.BLUE, True)
    running = opened(LIMIT, an_event(LIMIT.kind, data={"breach_id": "b-1"}))
    assert receive(running, LIMIT, replace(late, occurred_ms=NOW_MS + 1), NOW_MS + 5).active


def test_two_breaches_at_one_device_hold_until_both_are_over() -> None:
    alarm = opened(LIMIT, an_event(LIMIT.kind, data={"breach_id": "b-1"}))
    both = told(alarm, LIMIT, LIMIT.kind, 10, data={"breach_id": "b-2"})
    one = told(both, LIMIT, LIMIT.clears or "", 20, data={"breach_id": "b-1"})
    assert (one.active, set(one.holding)) == (True, {"b-2"})
    assert not told(one, LIMIT, LIMIT.clears or "", 30, data={"breach_id": "b-2"}).active


def test_an_alarm_that_chatters_must_be_gone_for_longer() -> None:
    alarm = opened(DELAYED)
    for second, kind in ((61, DELAYED.clears), (70, DELAYED.kind), (80, DELAYED.clears)):
        alarm = told(alarm, DELAYED, kind or "", second)
    assert is_chattering(alarm)
    assert off_delay_ms(alarm, DELAYED) == 4 * 30_000
    assert off_delay_ms(alarm, PUMP) == 60_000
    assert advance(alarm, DELAYED, NOW_MS + 199_999).state is S.UNACKNOWLEDGED
    assert advance(alarm, DELAYED, NOW_MS + 200_000).state is S.RETURNED


def test_chattering_is_remembered_by_the_next_alarm_of_the_pair() -> None:
    before = told(opened(), PUMP, PUMP.clears or "", 5)
    event = an_event(PUMP.kind, NOW_MS + 9_000)
    alarm = open_alarm(PUMP, event, department="real_estate", now_ms=NOW_MS + 9_000, before=before)
    assert is_chattering(alarm)


def test_shelving_names_author_reason_and_end_and_ends_by_itself() -> None:
    alarm = shelved(acknowledge(opened(), "li", NOW_MS))
    assert (alarm.state, alarm.shelved_by, alarm.shelved_reason) == (S.SHELVED, "li", "works")
    assert advance(alarm, PUMP, NOW_MS + 3_599_999).state is S.SHELVED
    back = advance(alarm, PUMP, NOW_MS + 3_600_000)
    assert (back.state, back.acknowledged_by) == (S.UNACKNOWLEDGED, None)
    assert unshelve(alarm).state is S.UNACKNOWLEDGED


def test_what_ended_while_shelved_closes_only_if_it_was_answered() -> None:
    for alarm, expected in ((opened(), S.RETURNED), (acknowledge(opened(), "li", NOW_MS), S.CLOSED)):
        over = told(shelved(alarm), PUMP, PUMP.clears or "", 60)
        assert over.state is S.SHELVED
        assert advance(over, PUMP, NOW_MS + 3_600_000).state is expected
        again = told(told(over, PUMP, PUMP.kind, 90), PUMP, PUMP.clears or "", 100)
        assert advance(again, PUMP, NOW_MS + 3_600_000).state is not S.CLOSED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"until_ms": NOW_MS + LONGEST_SHELVING_MS + 1}, "error.out_of_range"),
        ({"until_ms": NOW_MS}, "error.out_of_range"),
        ({"reason": " "}, "error.reason_missing"),
    ],
)
def test_shelving_without_reason_or_for_too_long_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        shelved(opened(), **changes)
    assert refusal.value.code == code


def test_red_and_fire_are_never_shelved() -> None:
    quiet_fire = replace(FIRE, severity=Severity.YELLOW)
    for alarm, rule in (
        (opened(FIRE), FIRE),
        (opened(quiet_fire), quiet_fire),
        (replace(opened(), severity=Severity.RED), PUMP),
    ):
        with pytest.raises(DomainError, match="never_shelved"):
            shelved(alarm, rule)


def test_nobody_answers_what_nobody_was_told() -> None:
    closed = acknowledge(told(opened(), PUMP, PUMP.clears or "", 1), "li", NOW_MS + 2_000)
    for alarm in (opened(DELAYED), closed, shelved(opened())):
        with pytest.raises(DomainError, match="not_waiting"):
            acknowledge(alarm, "li", NOW_MS)
    with pytest.raises(DomainError, match="not_shelved"):
        unshelve(opened())


def test_a_rule_taken_away_ends_its_conditions() -> None:
    alarm = end(opened(), None, NOW_MS + 1_000)
    assert (alarm.state, alarm.active) == (S.RETURNED, False)
    assert end(acknowledge(opened(), "li", NOW_MS), None, NOW_MS + 1_000).state is S.CLOSED


reached: set[AlarmState] = set()


class AlarmHistory(RuleBasedStateMachine):
    """Any order of beginnings, ends, repeats, late data, answers and waiting for one rule at one subject."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms, self.known_ms = NOW_MS, NOW_MS
        self.holds = False
        self.alarms: dict[str, Alarm] = {}
        self.events: list[Event] = []

    @property
    def open(self) -> Alarm | None:
        return next((one for one in self.alarms.values() if one.state is not S.CLOSED), None)

    def keep(self, alarm: Alarm) -> None:
        known = self.alarms.get(alarm.alarm_id)
        assert known is None or known.state is not S.CLOSED or known == alarm, "a closed alarm was opened again"
        self.alarms[alarm.alarm_id] = alarm
        reached.add(alarm.state)

    def tell(self, event: Event) -> None:
        self.events.append(event)
        current = self.open
        if current is not None:
            current = receive(current, DELAYED, event, self.now_ms)
            self.keep(current)
        is_settled = current is not None and current.state is not S.CLOSED
        if (
            is_settled
            or event.kind != DELAYED.kind
            or not opens_anew(DELAYED, event, self.alarms.values(), self.now_ms)
        ):
            return
        self.keep(open_alarm(DELAYED, event, department="real_estate", now_ms=self.now_ms, before=current))

    @may(begins=st.booleans())
    def change(self, begins: bool) -> None:
        self.now_ms += 1
        self.holds, self.known_ms = begins, self.now_ms
        self.tell(an_event(DELAYED.kind if begins else DELAYED.clears or "", self.now_ms))

    @may(back_s=st.integers(1, 400), begins=st.booleans())
    def tell_late(self, back_s: int, begins: bool) -> None:
        at_ms = self.now_ms - back_s * 1_000
        if self.holds or at_ms <= self.known_ms:
            # Only news about the time before the newest change: what holds now stays known.
            at_ms = min(at_ms, self.known_ms - 1)
        else:
            self.holds, self.known_ms = begins, at_ms
        self.tell(an_event(DELAYED.kind if begins else DELAYED.clears or "", at_ms, is_late=True))

    @may()
    def repeat_an_event(self) -> None:
        if self.events:
            self.tell(self.events.pop())

    @may(seconds=st.sampled_from([1, 10, 29, 30, 60, 120, 3_600]), is_looked_at=st.booleans())
    def wait(self, seconds: int, is_looked_at: bool) -> None:
        self.now_ms += seconds * 1_000
        if self.open is not None and is_looked_at:
            self.keep(advance(self.open, DELAYED, self.now_ms))

    @may()
    def answer(self) -> None:
        if self.open is not None and (self.open.is_waiting or self.open.state is S.ACKNOWLEDGED):
            self.keep(acknowledge(self.open, "li", self.now_ms))

    @may(minutes=st.integers(1, 120))
    def silence(self, minutes: int) -> None:
        if self.open is not None and (self.open.is_waiting or self.open.state is S.ACKNOWLEDGED):
            until_ms = self.now_ms + minutes * 60_000
            self.keep(shelve(self.open, DELAYED, by="li", reason="x", until_ms=until_ms, now_ms=self.now_ms))

    @invariant()
    def at_most_one_is_open(self) -> None:
        assert sum(one.state is not S.CLOSED for one in self.alarms.values()) <= 1

    @invariant()
    def what_holds_is_never_lost(self) -> None:
        assert not self.holds or (self.open is not None and self.open.active)
        assert not any(one.active for one in self.alarms.values() if one.state is S.CLOSED)


def test_no_history_loses_or_doubles_an_alarm_and_every_state_is_reached() -> None:
    reached.clear()
    machine = settings(max_examples=40, stateful_step_count=30, deadline=None, derandomize=True)
    run_state_machine_as_test(AlarmHistory, settings=machine)
    assert reached == set(AlarmState)
