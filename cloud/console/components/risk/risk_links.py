"""What treats a risk elsewhere: its requests, its joint cases, and the case files that a superior was sent."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.panel import empty, panel
from cloud.console.components.row_table import Chip
from cloud.console.components.severity import chip_label
from cloud.console.components.tag import tag
from cloud.console.numbers import date_time
from cloud.console.risk_words import RiskWords
from cloud.console.views.risk_case import RiskCase
from cloud.core.access import Permission
from cloud.risk.risk import Treatment
from cloud.risk.rule import TreatmentKind
from cloud.services.catalogue import load_services


def links_panel(case: RiskCase, words: RiskWords) -> None:
    """A request that is another department's is named without a way to it."""
    say = words.viewer.say
    requests = [one for one in case.risk.treatments if one.kind is TreatmentKind.REQUEST]
    with panel(say("console.case.links")):
        for step in requests:
            _request(step, case, words)
        for joint in case.cases:
            _line(
                say("console.case.joint"),
                joint.title,
                f"/cases/{joint.case_id}",
                say(f"case.state.{joint.state.value}"),
            )
        if case.risk.wants_joint_case and not case.cases and words.viewer.may(Permission.READ_CASES):
            ui.label(say("console.case.wants_joint")).classes("xt-note")
        for file in case.detail.case_files:
            text = f"{words.institution(file.superior_id)} · {date_time(file.sent_ms)}"
            _line(say("console.case.file"), text, "", say(f"case_file.state.{file.state.value}"))
        if not (requests or case.cases or case.detail.case_files):
            empty(say("console.case.no_links"))


def _request(step: Treatment, case: RiskCase, words: RiskWords) -> None:
    say, services = words.viewer.say, load_services()
    service = services[step.note].name[words.viewer.language] if step.note in services else step.note
    request = case.requests.get(step.reference)
    if request is not None:
        state = say(f"request.state.{request.state.value}")
        _line(say("console.case.request_link"), service, f"/requests/{request.request_id}", state)
    else:
        key = "console.case.request_elsewhere" if step.reference else "console.case.request_wanted"
        _line(say("console.case.request_link"), service, "", say(key))


def _line(kind: str, text: str, href: str, state: str) -> None:
    with ui.element("div").classes("xt-link-row"):
        ui.label(kind).classes("xt-note")
        if href:
            tag(ui.link(text, href), "linked")
        else:
            ui.label(text)
        ui.element("div").classes("xt-grow")
        chip_label(Chip(state))
