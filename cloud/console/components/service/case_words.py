"""A joint case opened up: its sentence, the departments' words side by side, and what it refers to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui

from cloud.console.components.facts import facts, why
from cloud.console.components.panel import empty, panel
from cloud.console.components.service.case_table import word_chip
from cloud.console.components.service.request_facts import link_row
from cloud.console.components.severity import chip_label, severity_chip
from cloud.console.components.tag import tag
from cloud.console.numbers import date_time
from cloud.console.service_words import ServiceWords
from cloud.console.views.case_board import CaseDetail
from cloud.risk.rule_words import name_of
from cloud.services.joint_case import Approval, CaseState, JointCase


@dataclass(frozen=True, slots=True)
class Acts:
    """What the buttons do; `speak` is told the department and whether it agrees."""

    speak: Callable[[str, bool], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


def sentence(case: JointCase, words: ServiceWords) -> None:
    """Who opened it about what, who leads, and how many have spoken how."""
    counts = {known: sum(one.agreed is known for one in case.approvals) for known in (True, False, None)}
    told = words.viewer.say(
        "console.joint.sentence",
        who=words.who(case.opened_by),
        opened=date_time(case.opened_ms),
        subject=words.subject(case.institution_id, case.subject),
        lead=words.department(case.lead),
        due=date_time(case.due_ms),
        n=len(case.approvals),
        agreed=counts[True],
        refused=counts[False],
        waiting=counts[None],
    )
    why(told[:1].upper() + told[1:], "case-why")


def approvals_panel(detail: CaseDetail, words: ServiceWords, acts: Acts) -> None:
    """One card per department; those that the viewer may speak for have buttons."""
    with panel(words.viewer.say("console.joint.words")), ui.element("div").classes("xt-approvals"):
        for one in detail.line.case.approvals:
            _approval(one, words, acts, may_speak=one.department in detail.line.speaks_for)


def closing_panel(detail: CaseDetail, words: ServiceWords, acts: Acts) -> None:
    """How it ended, or the button by which the lead ends it."""
    say, case = words.viewer.say, detail.line.case
    if case.state is CaseState.CLOSED:
        with panel(say("console.joint.outcome")):
            ui.label(case.outcome)
            pairs = [(say("console.joint.closed"), f"{date_time(case.closed_ms)} · {words.who(case.closed_by or '')}")]
            facts(pairs, "case-end")
    elif detail.may_close:
        with panel(say("console.joint.close")):
            ui.label(say("console.joint.close_hint")).classes("xt-note")
            with ui.element("div").classes("xt-case-buttons"):
                close = ui.button(say("console.joint.close"), icon="task_alt", on_click=acts.close)
                tag(close.props("unelevated dense no-caps").classes("xt-button"), "close-case")


def references_panel(detail: CaseDetail, words: ServiceWords) -> None:
    """Risks and requests that it answers; what is another department's own is only counted."""
    say, viewer = words.viewer.say, words.viewer
    with panel(say("console.request.links")):
        for risk in detail.risks:
            place = words.subject(risk.institution_id, risk.subject)
            name = f"{name_of(risk.rule_id, viewer.language)} · {place}"
            link_row(say("console.joint.risks"), name, f"/risks/{risk.risk_id}", "to-risk",
                     severity_chip(risk.colour, viewer))  # fmt: skip
        for request in detail.requests:
            place = words.subject(request.institution_id, request.subject)
            name = f"{words.service(request.service)} · {place}"
            href = f"/requests/{request.request_id}"
            link_row(say("console.joint.requests"), name, href, "to-request", words.state(request))
        if detail.hidden:
            ui.label(say("console.joint.not_yours", n=detail.hidden)).classes("xt-note")
        if not (detail.risks or detail.requests or detail.hidden):
            empty(say("console.joint.no_links"))


def _approval(approval: Approval, words: ServiceWords, acts: Acts, *, may_speak: bool) -> None:
    say, department = words.viewer.say, approval.department

    async def agree() -> None:
        await acts.speak(department, True)

    async def refuse() -> None:
        await acts.speak(department, False)

    with tag(ui.element("div").classes("xt-approval"), f"word-{department}"):
        with ui.element("div").classes("xt-device-head"):
            ui.label(words.department(department)).classes("xt-field-title")
            ui.element("div").classes("xt-grow")
            chip_label(word_chip(approval, words))
        if approval.by is not None:
            ui.label(f"{words.who(approval.by)} · {date_time(approval.at_ms)}").classes("xt-note")
        if approval.note:
            ui.label(approval.note)
        if may_speak:
            with ui.element("div").classes("xt-case-buttons"):
                yes = ui.button(say("console.joint.agree"), icon="check", on_click=agree)
                tag(yes.props("unelevated dense no-caps").classes("xt-button"), f"agree-{department}")
                no = ui.button(say("console.joint.refuse"), icon="block", on_click=refuse)
                tag(no.props("outline dense no-caps color=negative").classes("xt-button"), f"refuse-{department}")
