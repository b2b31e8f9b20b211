"""Open alarms as rows: how bad, what was found and where, who answers, in which state, and what one may do about it."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.console.components.row_table import Buttons, Cell, Chip, Column, OnPress, Row, RowTable
from cloud.console.components.severity import severity_chip
from cloud.console.context import Console
from cloud.console.numbers import age, near_time
from cloud.console.risk_words import RiskWords
from cloud.console.session import Viewer
from cloud.console.views.alarm_board import AlarmLine
from cloud.core.access import Permission
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.rule_words import name_of

ACKNOWLEDGE, SHELVE, UNSHELVE = "acknowledge", "shelve", "unshelve"
COLUMNS = ("severity", "alarm", "where", "department", "state", "count", "since")
NOT_WRAPPED = ("severity", "department", "since")
TONES = {AlarmState.UNACKNOWLEDGED: "red", AlarmState.RETURNED: "orange", AlarmState.SHELVED: "blue"}
_SHELVABLE = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED)


class AlarmTable:
    """Pressing a row opens it; its buttons are there for those who may answer."""

    def __init__(self, console: Console, viewer: Viewer, on_press: OnPress) -> None:
        self._console, self._viewer = console, viewer
        self._may_answer = viewer.may(Permission.ANSWER_ALARM)
        columns = [
            Column(viewer.say(f"console.alarm.{name}"), right=name == "count", nowrap=name in NOT_WRAPPED)
            for name in COLUMNS
        ]
        columns += [Column("")] if self._may_answer else []
        self._table = RowTable(columns, viewer.say("console.alarm.none"), "alarms", on_press)

    def show(self, lines: Sequence[AlarmLine], words: RiskWords, now_ms: int) -> None:
        self._table.show([self._row(line, words, now_ms) for line in lines])

    def _row(self, line: AlarmLine, words: RiskWords, now_ms: int) -> Row:
        alarm, viewer = line.alarm, self._viewer
        cells = (
            severity_chip(alarm.severity, viewer),
            Cell(f"{name_of(alarm.rule_id, viewer.language)} · {alarm.rule_id}", why_raised(line, words)),
            words.subject(alarm.institution_id, alarm.subject),
            self._console.department_name(alarm.department, viewer),
            Chip(state_name(alarm, viewer), TONES.get(alarm.state, ""), state_note(alarm, words, now_ms)),
            f"{alarm.count:,}",
            Cell(near_time(alarm.opened_ms, now_ms), age(alarm.opened_ms, now_ms, viewer.language)),
        )
        return Row(alarm.alarm_id, (*cells, Buttons(self._buttons(line))) if self._may_answer else cells)

    def _buttons(self, line: AlarmLine) -> tuple[tuple[str, str], ...]:
        names = [ACKNOWLEDGE] if line.alarm.is_waiting else []
        names += [SHELVE] if line.is_shelvable and line.alarm.state in _SHELVABLE else []
        names += [UNSHELVE] if line.alarm.state is AlarmState.SHELVED else []
        return tuple((name, self._viewer.say(f"console.alarm.{name}")) for name in names)


def why_raised(line: AlarmLine, words: RiskWords) -> str:
    """The finding; without its facts, that the log no longer has them."""
    alarm = line.alarm
    if not line.data:
        return words.viewer.say("console.alarm.no_facts")
    return words.finding(alarm.rule_id, alarm.institution_id, alarm.subject, line.data)


def state_name(alarm: Alarm, viewer: Viewer) -> str:
    return viewer.say(f"alarm.state.{alarm.state.value}")


def state_note(alarm: Alarm, words: RiskWords, now_ms: int) -> str:
    """Who answered, or until when it is silent and why."""
    say = words.viewer.say
    if alarm.state is AlarmState.SHELVED and alarm.shelved_until_ms is not None:
        until = near_time(alarm.shelved_until_ms, now_ms)
        return say("console.alarm.shelved_until", until=until, reason=alarm.shelved_reason or "")
    if alarm.acknowledged_ms is not None:
        return f"{words.who(alarm.acknowledged_by)} {near_time(alarm.acknowledged_ms, now_ms)}"
    return say("alarm.is_late") if alarm.is_late else ""
