"""One request as facts: the sentence on it, what was asked, the steps of its life, and what it belongs to."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.facts import Step, facts, timeline, why
from cloud.console.components.panel import panel
from cloud.console.components.row_table import Chip
from cloud.console.components.severity import chip_label, severity_chip
from cloud.console.components.tag import tag
from cloud.console.numbers import date_time
from cloud.console.service_words import ServiceWords
from cloud.console.views.request_board import RequestDetail
from cloud.risk.rule_words import name_of
from cloud.services.request import RequestStep, ServiceRequest
from foundation.texts import load_texts


def sentence(request: ServiceRequest, words: ServiceWords, now_ms: int) -> None:
    """Who asked for what, who serves it until when, and how it stands."""
    told = words.viewer.say(
        "console.request.sentence",
        who=words.who(request.asked_by),
        asked=date_time(request.asked_ms),
        subject=words.subject(request.institution_id, request.subject),
        service=words.service(request.service),
        department=words.department(request.department),
        finish=date_time(request.finish_by_ms),
        state=words.state(request).text,
        clock=words.clock(request, now_ms).text,
    )
    why(told[:1].upper() + told[1:], "request-why")


def facts_panel(detail: RequestDetail, words: ServiceWords) -> None:
    """The inputs that the viewer may see, then the times."""
    say, request = words.viewer.say, detail.request
    pairs = [
        (say("console.request.subject"), words.subject(request.institution_id, request.subject)),
        *words.inputs(request.service, dict(detail.inputs)),
    ]
    if span := words.span(request):
        pairs.append((say("console.request.span"), span))
    pairs += [
        (say("console.request.asked"), date_time(request.asked_ms)),
        (say("console.request.respond_by"), date_time(request.respond_by_ms)),
        (say("console.request.finish_by"), date_time(request.finish_by_ms)),
        (say("console.request.assigned"), request.assigned_to or "—"),
    ]
    if request.reopened:
        pairs.append((say("console.request.reopened"), f"{request.reopened}"))
    pairs.append((say("console.request.id"), request.request_id))
    with panel(say("console.request.facts")):
        facts(pairs, "request-facts")
        if detail.has_hidden:
            tag(ui.label(say("console.request.hidden")).classes("xt-note"), "hidden-inputs")


def life_panel(request: ServiceRequest, words: ServiceWords) -> None:
    """The steps from the first to the last."""
    with panel(words.viewer.say("console.request.life")):
        timeline([_step(one, request, words) for one in request.steps], "request-life")


def links_panel(detail: RequestDetail, words: ServiceWords) -> None:
    """The risk that it treats and the cases it belongs to; nothing without any."""
    say, viewer = words.viewer.say, words.viewer
    if detail.risk is None and not detail.cases:
        return
    with panel(say("console.request.links")):
        if detail.risk is not None:
            name = name_of(detail.risk.rule_id, viewer.language)
            link_row(say("console.request.risk"), name, f"/risks/{detail.risk.risk_id}", "to-risk",
                     severity_chip(detail.risk.colour, viewer))  # fmt: skip
        for case in detail.cases:
            state = Chip(say(f"case.state.{case.state}"))
            link_row(say("console.request.case"), case.title, f"/cases/{case.case_id}", "to-case", state)


def link_row(kind: str, text: str, href: str, marker: str, chip: Chip) -> None:
    """A line of what belongs to it, with its state."""
    with ui.element("div").classes("xt-link-row"):
        ui.label(kind).classes("xt-note")
        tag(ui.link(text, href), marker)
        ui.element("div").classes("xt-grow")
        chip_label(chip)


def _step(step: RequestStep, request: ServiceRequest, words: ServiceWords) -> Step:
    say = words.viewer.say
    key = f"request.action.{step.action}"
    title = say(key) if key in load_texts() else step.action
    note = step.note
    if step.action == "rate" and note.isdigit():
        note = say("console.request.stars", n=note)
        comment = request.rating.comment if request.rating else ""
        note = f"{note} · {comment}" if comment else note
    return Step(title, f"{date_time(step.at_ms)} · {words.who(step.by)}", note)
