"""The life of a risk as steps in the order of time: events, alarms, treatment, who was told, answers, the label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cloud.console.components.facts import Step
from cloud.console.components.risk.alarm_table import state_name, state_note
from cloud.console.numbers import date_time
from cloud.console.risk_words import RiskWords
from cloud.console.views.risk_case import RiskCase
from cloud.risk.alarm import Alarm
from cloud.risk.risk import Escalation, Treatment
from cloud.risk.rule import TreatmentKind
from cloud.services.catalogue import load_services
from foundation.texts import load_texts

EVENTS_TOLD = 20
"""The newest; a condition that comes and goes for weeks must not bury what people did about it."""


@dataclass(frozen=True, slots=True)
class _At:
    at_ms: int
    title: str
    who: str = ""
    note: str = ""


def steps_of(case: RiskCase, words: RiskWords, now_ms: int) -> list[Step]:
    """From the first to the last."""
    told = [
        *_events(case, words),
        *(step for alarm in case.detail.alarms for step in _alarm(alarm, words, now_ms)),
        *(_treatment(one, words) for one in case.risk.treatments),
        *(_ended(one, words) for one in case.risk.treatments if one.ended_ms is not None),
        *(_escalation(one, words) for one in case.risk.escalations),
        *_files(case, words),
        *_end(case, words),
    ]
    ordered = sorted(told, key=lambda one: one.at_ms)
    return [_step(one) for one in ordered]


def _step(one: _At) -> Step:
    return Step(
        one.title[:1].upper() + one.title[1:], " · ".join(filter(None, (date_time(one.at_ms), one.who))), one.note
    )


def _events(case: RiskCase, words: RiskWords) -> Iterator[_At]:
    for logged in case.detail.events[-EVENTS_TOLD:]:
        yield _At(logged.event.occurred_ms, words.viewer.say("console.case.event"), note=words.event(logged.event))


def _alarm(alarm: Alarm, words: RiskWords, now_ms: int) -> Iterator[_At]:
    say = words.viewer.say
    note = state_note(alarm, words, now_ms)
    state = f"{state_name(alarm, words.viewer)} ({note})" if note else state_name(alarm, words.viewer)
    yield _At(alarm.announced_ms or alarm.opened_ms, say("console.case.alarm"), note=state)
    if alarm.acknowledged_ms is not None:
        yield _At(alarm.acknowledged_ms, say("console.case.acknowledged"), words.who(alarm.acknowledged_by))
    if alarm.closed_ms is not None:
        yield _At(alarm.closed_ms, say("console.case.alarm_closed"))


def _treatment(one: Treatment, words: RiskWords) -> _At:
    title = words.viewer.say(f"risk.treatment.{one.kind.value}")
    return _At(one.at_ms, title, words.who(one.by), treatment_note(one, words))


def treatment_note(one: Treatment, words: RiskWords) -> str:
    """A person's word, the text of the advice, or the name of the service that was asked for."""
    texts, language = load_texts(), words.viewer.language
    if one.kind is TreatmentKind.REQUEST and one.note in load_services():
        return load_services()[one.note].name[language]
    return texts(one.note, language) if one.note in texts else one.note


def _ended(one: Treatment, words: RiskWords) -> _At:
    return _At(one.ended_ms or 0, words.viewer.say("console.case.step_ended"), note=treatment_note(one, words))


def _escalation(one: Escalation, words: RiskWords) -> _At:
    say, texts = words.viewer.say, load_texts()
    role = f"console.role.{one.to}"
    to = say(role) if role in texts else words.institution(one.to)
    title = say("console.case.escalated", level=one.level, to=to)
    return _At(one.at_ms, title, note=say(f"risk.escalation.{one.reason}"))


def _files(case: RiskCase, words: RiskWords) -> Iterator[_At]:
    say = words.viewer.say
    for one in case.detail.case_files:
        yield _At(one.sent_ms, say("console.case.file_sent"), note=words.institution(one.superior_id))
        if one.answered_ms is not None:
            state = say(f"case_file.state.{one.state.value}")
            yield _At(one.answered_ms, say("console.case.file_answered"), note=f"{state}: {one.answer}".rstrip(": "))


def _end(case: RiskCase, words: RiskWords) -> Iterator[_At]:
    risk, say = case.risk, words.viewer.say
    if risk.handled_ms is not None:
        yield _At(risk.handled_ms, say("risk.status.handled"))
    if risk.closed_ms is not None:
        label = say(f"risk.label.{risk.label.value}") if risk.label is not None else ""
        yield _At(risk.closed_ms, say("risk.status.closed"), words.who(risk.labelled_by), label)
