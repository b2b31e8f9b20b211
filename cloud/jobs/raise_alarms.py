"""Raises alarms from the events that rules of the library watch, and lets time do its part in their life.

Rules about persons are passed over until somebody has approved them; what then still holds is taken up.
"""

from __future__ import annotations

from collections.abc import Callable

from cloud.core.event import Event
from cloud.jobs.job import JobPlan, JobTools
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.alarm_life import advance, clearing_kind, condition_ms, end, open_alarm, opens_anew, receive
from cloud.risk.examination import Examined, memory_name
from cloud.risk.library import Library, in_force, load_library
from cloud.risk.rule import Rule

PERIOD_S = 1.0
CONSUMER = "raise_alarms"
BATCH = 500
LOOK_BACK_MS = 30 * 86_400_000
EVENTS_READ = 1_000

Pair = tuple[str, str, str]


class RaiseAlarms:
    """One round: rules newly approved, events after the cursor, timers."""

    def __init__(self, tools: JobTools, library: Library) -> None:
        self._tools, self._services, self._library = tools, tools.services, library
        self._open: dict[Pair, Alarm] = {}
        self._last_closed: dict[Pair, Alarm] = {}
        self._approved: dict[str, frozenset[str]] = {}
        self._has_news = False

    def run(self) -> bool:
        now_ms = self._services.clock.now_ms()
        self._has_news = False
        self._open = {one.pair: one for one in self._services.risk.alarms.open_alarms()}
        self._take_up_approved(now_ms)
        has_more = self._read_events(now_ms)
        for alarm in list(self._open.values()):
            self._let_time_pass(alarm, now_ms)
        if self._has_news:
            self._services.wake()
        return has_more

    def _read_events(self, now_ms: int) -> bool:
        log = self._services.event_log
        logged = log.after(log.cursor(CONSUMER), BATCH)
        for one in logged:
            for rule in self._library.watching(one.event.kind):
                if in_force(rule, self._approvals(one.event.institution_id)):
                    self._receive(rule, one.event, now_ms)
        if logged:
            # After the alarms: a crash in between repeats the events, which know their alarms.
            log.advance(CONSUMER, logged[-1].position)
        return len(logged) == BATCH

    def _receive(self, rule: Rule, event: Event, now_ms: int) -> None:
        pair = (event.institution_id, rule.rule_id, event.subject)
        current = self._open.get(pair)
        if current is not None:
            current = self._change(current, lambda alarm: receive(alarm, rule, event, now_ms))
        if (current is not None and current.state is not AlarmState.CLOSED) or event.kind != rule.kind:
            return
        self._raise(rule, event, pair, now_ms)

    def _raise(self, rule: Rule, event: Event, pair: Pair, now_ms: int) -> None:
        book, department = self._services.risk.alarms, self._tools.departments.answering(rule.kind)
        before = self._last_closed.get(pair)
        alarm = open_alarm(rule, event, department=department, now_ms=now_ms, before=before)
        start_ms = min(event.occurred_ms, event.received_ms) - LOOK_BACK_MS
        earlier = [one for one in book.alarms([event.institution_id], start_ms=start_ms) if one.pair == pair]
        if book.find(alarm.alarm_id) is not None or not opens_anew(rule, event, earlier, now_ms):
            return
        if event.is_late:
            # Live data pass a backlog: the end may have been told before the beginning.
            for ending in self._endings_after(rule, event, now_ms):
                alarm = receive(alarm, rule, ending, now_ms)
        book.save(alarm)
        self._keep(alarm)

    def _let_time_pass(self, alarm: Alarm, now_ms: int) -> None:
        rule = self._library.get(alarm.rule_id)

        def later(current: Alarm) -> Alarm:
            return end(current, None, now_ms) if rule is None else advance(current, rule, now_ms)

        if later(alarm) != alarm:
            self._change(alarm, later)

    def _take_up_approved(self, now_ms: int) -> None:
        """What a newly approved rule saw while it was in shadow, and what still holds, raises its alarm now."""
        approved = {one: self._approvals(one) for one in self._tools.institution_ids()}
        for institution_id, rule_ids in approved.items():
            for rule_id in sorted(rule_ids - self._approved.get(institution_id, frozenset())):
                rule = self._library.get(rule_id)
                for event in self._still_holding(rule, institution_id) if rule is not None else ():
                    if rule is not None and (institution_id, rule_id, event.subject) not in self._open:
                        self._receive(rule, event, now_ms)
        self._approved = approved

    def _still_holding(self, rule: Rule, institution_id: str) -> list[Event]:
        if rule.examine is not None:
            memory = Examined.read(self._services.settings.read(institution_id, memory_name(rule)))
            return [one.event for one in self._services.event_log.find(memory.event_ids())]
        newest: dict[str, Event] = {}
        for event in self._recent(rule, institution_id):
            newest.setdefault(event.subject, event)
        is_moment = clearing_kind(rule) is None
        return [] if is_moment else [event for event in newest.values() if event.kind == rule.kind]

    def _endings_after(self, rule: Rule, event: Event, now_ms: int) -> list[Event]:
        at_ms = condition_ms(rule, event, now_ms)
        return [
            one
            for one in reversed(self._recent(rule, event.institution_id))
            if one.kind != rule.kind and one.subject == event.subject and condition_ms(rule, one, now_ms) >= at_ms
        ]

    def _recent(self, rule: Rule, institution_id: str) -> list[Event]:
        """Newest events of the rule's two kinds."""
        department = self._tools.departments.answering(rule.kind)
        logged = self._services.event_log.recent(
            [institution_id], departments=[department], restricted_of=[department], limit=EVENTS_READ
        )
        return [one.event for one in logged if one.event.kind in (rule.kind, clearing_kind(rule))]

    def _approvals(self, institution_id: str) -> frozenset[str]:
        return frozenset(self._services.risk.rules.approved_rules(institution_id))

    def _change(self, alarm: Alarm, by: Callable[[Alarm], Alarm]) -> Alarm:
        changed = self._services.risk.alarms.change(alarm.alarm_id, by)
        if changed != alarm:
            self._keep(changed)
        return changed

    def _keep(self, alarm: Alarm) -> None:
        self._has_news = True
        if alarm.state is AlarmState.CLOSED:
            self._open.pop(alarm.pair, None)
            self._last_closed[alarm.pair] = alarm
        else:
            self._open[alarm.pair] = alarm


JOB = JobPlan(PERIOD_S, lambda tools: RaiseAlarms(tools, load_library()).run, is_woken=True)
