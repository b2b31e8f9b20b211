"""One case file opened: whether its signature holds, what the signed document says, and the document itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

from nicegui import ui

from cloud.console.components.facts import Step, facts, timeline, why
from cloud.console.components.row_table import Chip
from cloud.console.components.severity import chip_label, severity_chip
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.numbers import MISSING, date_time
from cloud.console.risk_words import RiskWords
from cloud.console.views.inbox_file import InboxFile, Proof
from cloud.core.event import Severity
from cloud.risk.rule_words import name_of
from foundation.texts import load_texts

TONES = {Proof.GENUINE: "good", Proof.FOREIGN: "yellow", Proof.BROKEN: "bad"}
SEEN_FROM = Severity.ORANGE
"""Risks below are not a superior's to open."""


def case_file_card(console: Console, opened: InboxFile, words: RiskWords) -> None:
    """What a superior reads before answering."""
    viewer, content, file = words.viewer, opened.content, opened.file
    say = viewer.say
    with ui.element("div").classes("xt-device-head"):
        ui.label(name_of(opened.rule_id, viewer.language)).classes("xt-title")
        chip_label(severity_chip(opened.colour, viewer))
        tag(chip_label(Chip(say(f"case_file.state.{file.state.value}"))), "file-state")
    with ui.element("div").classes("xt-device-head"):
        tag(chip_label(Chip(say(f"console.inbox.proof.{opened.proof.value}"), TONES[opened.proof])), "proof")
        ui.label(say(f"console.inbox.proof_words.{opened.proof.value}")).classes("xt-note")
    if content.get("data"):
        why(words.finding(opened.rule_id, file.institution_id, opened.subject, content["data"]), "file-finding")
    else:
        why(say("console.inbox.no_data"), "file-finding")
    with ui.element("div").classes("xt-facts-2"):
        facts(list(_facts(console, opened, words)), "file-facts")
    if content.get("escalations"):
        timeline([_escalation(one, words) for one in content["escalations"]], "file-escalations")
    if opened.colour >= SEEN_FROM and not content.get("is_restricted"):
        tag(ui.link(say("console.alarm.to_risk"), f"/risks/{file.risk_id}"), "to-risk")
    with ui.expansion(say("console.inbox.document")).classes("xt-quiet xt-wide"):
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) if content else file.document
        tag(ui.label(text).classes("xt-document"), "document")
        ui.label(say("console.inbox.signature", signature=file.signature, public_key=file.public_key)).classes(
            "xt-document"
        )


def _facts(console: Console, opened: InboxFile, words: RiskWords) -> Iterator[tuple[str, str]]:
    content, file, viewer = opened.content, opened.file, words.viewer
    say = viewer.say
    score = f"{content.get('likelihood', '?')} × {content.get('consequence', '?')} = {content.get('score', '?')}"
    status = f"risk.status.{content.get('status')}"
    yield say("console.inbox.institution"), words.institution(file.institution_id)
    yield say("console.inbox.sent"), date_time(file.sent_ms)
    yield say("console.register.department"), console.department_name(str(content.get("department", "")), viewer)
    yield (
        say("console.register.where"),
        words.subject(file.institution_id, opened.subject) if opened.subject else MISSING,
    )
    yield say("console.register.score"), score
    yield say("console.register.status"), say(status) if status in load_texts() else MISSING
    yield say("console.register.opened"), date_time(_ms(content.get("opened_ms")))
    yield say("console.register.due"), date_time(_ms(content.get("due_ms")))
    yield say("console.inbox.alarms"), str(len(content.get("alarms", ())))
    yield say("console.inbox.steps"), str(len(content.get("treatments", ())))
    if file.answered_ms is not None:
        yield say("console.inbox.answered"), f"{file.answered_by or ''} {date_time(file.answered_ms)}"
        yield say("console.inbox.answer"), file.answer or MISSING


def _escalation(one: dict[str, str], words: RiskWords) -> Step:
    say, to = words.viewer.say, str(one.get("to", ""))
    role = f"console.role.{to}"
    name = say(role) if role in load_texts() else words.institution(to)
    title = say("console.case.escalated", level=one.get("level", "?"), to=name)
    return Step(title, date_time(_ms(one.get("at_ms"))), say(f"risk.escalation.{one.get('reason')}"))


def _ms(value: object) -> int | None:
    """Numbers of the document are decimal strings."""
    return int(str(value)) if str(value).isdecimal() else None
