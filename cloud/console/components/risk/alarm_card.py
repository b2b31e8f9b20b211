"""One alarm down to its inputs, over the page: why it was raised, its facts and events, what has been answered."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console.components.facts import Step, facts, timeline, why
from cloud.console.components.risk.alarm_table import state_name, state_note, why_raised
from cloud.console.components.row_table import Chip
from cloud.console.components.severity import chip_label, severity_chip
from cloud.console.components.tag import tag
from cloud.console.numbers import date_time, near_time
from cloud.console.risk_words import RiskWords
from cloud.console.rule_conditions import condition_of
from cloud.console.views.alarm_board import AlarmLine
from cloud.core.event import LoggedEvent
from cloud.risk.library import load_library
from cloud.risk.rule_words import advice_of, name_of

EVENTS_SHOWN = 12


def open_alarm_card(line: AlarmLine, events: Sequence[LoggedEvent], words: RiskWords, now_ms: int) -> None:
    """Show it until somebody clicks beside it."""
    alarm, viewer = line.alarm, words.viewer
    say = viewer.say
    with ui.dialog() as dialog, tag(ui.element("div").classes("xt-card xt-dialog"), "alarm-card"):
        with ui.element("div").classes("xt-device-head"):
            ui.label(name_of(alarm.rule_id, viewer.language)).classes("xt-title")
            chip_label(severity_chip(alarm.severity, viewer))
            chip_label(Chip(state_name(alarm, viewer)))
            ui.element("div").classes("xt-grow")
            ui.button(icon="close", on_click=dialog.close).props("flat dense round size=sm color=secondary")
        why(why_raised(line, words))
        with ui.element("div").classes("xt-facts-2"):
            facts([*_life(line, words, now_ms), *words.facts(alarm.institution_id, line.data)])
        ui.label(say("console.risk.condition")).classes("xt-field-title")
        ui.label(condition_of(alarm.rule_id, viewer.language))
        ui.label(say("console.risk.advice")).classes("xt-field-title")
        ui.label(advice_of(alarm.rule_id, viewer.language))
        ui.label(say("console.risk.events", n=len(events))).classes("xt-field-title")
        with ui.element("div").classes("xt-scroll-short"):
            timeline([_step(one, words, now_ms) for one in reversed(events[-EVENTS_SHOWN:])], "alarm-events")
        if alarm.risk_id:
            tag(ui.link(say("console.alarm.to_risk"), f"/risks/{alarm.risk_id}"), "to-risk")
    dialog.on("hide", dialog.delete)
    dialog.open()


def _life(line: AlarmLine, words: RiskWords, now_ms: int) -> list[tuple[str, str]]:
    alarm, say = line.alarm, words.viewer.say
    rule = load_library().get(alarm.rule_id)
    told = [
        ("where", words.subject(alarm.institution_id, alarm.subject)),
        ("since", date_time(alarm.opened_ms)),
        ("announced", date_time(alarm.announced_ms)),
        ("last_seen", date_time(alarm.last_seen_ms)),
        ("holds", say("console.yes" if alarm.active else "console.no")),
        ("count", f"{alarm.count:,}"),
    ]
    if note := state_note(alarm, words, now_ms):
        told.append(("state", f"{state_name(alarm, words.viewer)} ({note})"))
    if rule is not None:
        told.append(("delays", say("console.risk.delays", on=f"{rule.on_delay_s:g}", off=f"{rule.off_delay_s:g}")))
    return [(say(f"console.alarm.{name}"), text) for name, text in told]


def _step(logged: LoggedEvent, words: RiskWords, now_ms: int) -> Step:
    return Step(words.event(logged.event), near_time(logged.event.occurred_ms, now_ms))
