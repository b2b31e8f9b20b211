"""What the service platform keeps, in the viewer's language: services, states, time limits, inputs, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloud.console.components.row_table import Chip
from cloud.console.context import Console
from cloud.console.numbers import age
from cloud.console.risk_words import RiskWords, read_risk_words
from cloud.console.session import Viewer
from cloud.core.calendar import to_local
from cloud.services.catalogue import Service, ServiceLevel, load_services
from cloud.services.inputs import Input
from cloud.services.joint_case import CaseState
from cloud.services.request import RequestState, ServiceRequest
from cloud.services.request_life import FINISHED, PUBLIC, SYSTEM, met_level
from foundation.errors import DomainError

REQUEST_TONES = {
    RequestState.SUBMITTED: "blue",
    RequestState.ACCEPTED: "yellow",
    RequestState.ASSIGNED: "yellow",
    RequestState.IN_PROGRESS: "orange",
    RequestState.DONE: "good",
    RequestState.CONFIRMED: "good",
    RequestState.REJECTED: "bad",
}
CASE_TONES = {CaseState.OPEN: "yellow", CaseState.AGREED: "good", CaseState.REFUSED: "bad"}


@dataclass(frozen=True, slots=True)
class ServiceWords:
    """Everything named as people know it."""

    console: Console
    viewer: Viewer
    risk_words: RiskWords

    def service(self, code: str) -> str:
        service = load_services().get(code)
        return service.name[self.viewer.language] if service else code

    def subject(self, institution_id: str, subject: str) -> str:
        return self.risk_words.subject(institution_id, subject)

    def department(self, department: str | None) -> str:
        return self.console.department_name(department, self.viewer) if department else "—"

    def who(self, by: str) -> str:
        """A person's name; the public and the system by their words."""
        return self.viewer.say(f"console.service.{by}") if by in (PUBLIC, SYSTEM) else by

    def state(self, request: ServiceRequest) -> Chip:
        return Chip(self.viewer.say(f"request.state.{request.state}"), REQUEST_TONES.get(request.state, ""))

    def clock(self, request: ServiceRequest, now_ms: int) -> Chip:
        """How long somebody may still wait for the answer or the work, or how that ended."""
        say = self.viewer.say
        if request.state in FINISHED:
            met = met_level(request)
            word = {True: "in_time", False: "late", None: "over"}[met]
            return Chip(say(f"console.service.{word}"), {True: "good", False: "bad", None: ""}[met])
        is_answered = request.accepted_ms is not None
        due_ms = request.finish_by_ms if is_answered else min(request.respond_by_ms, request.finish_by_ms)
        below = say("console.service.finish" if is_answered else "console.service.answer")
        return self.due(due_ms, now_ms, below)

    def due(self, due_ms: int, now_ms: int, below: str = "") -> Chip:
        """The time left until `due_ms`, or since."""
        say, language = self.viewer.say, self.viewer.language
        if now_ms > due_ms:
            return Chip(say("console.service.overdue_by", age=age(due_ms, now_ms, language)), "red", below)
        return Chip(say("console.service.due_in", age=age(now_ms, due_ms, language)), "", below)

    def inputs(self, service_code: str, fields: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Labels and values of a request's inputs, in the order of the form."""
        service = load_services().get(service_code)
        known = service.fields if service else {}
        told = [(name, fields[name]) for name in known if name in fields]
        told += [(name, value) for name, value in fields.items() if name not in known]
        return [(self._label(service, name), self._value(service, name, value)) for name, value in told]

    def topic(self, request: ServiceRequest) -> str:
        """What tells this request apart within its service, where that concerns no person."""
        service = load_services().get(request.service)
        topic = service.topic_of(request.fields) if service else None
        if service is None or service.topic is None or topic is None or service.fields[service.topic].level != "L2":
            return ""
        return self._value(service, service.topic, topic)

    def span(self, request: ServiceRequest) -> str:
        """From when to when something is booked; empty without a booking."""
        if request.start_ms is None or request.end_ms is None:
            return ""
        return span_text(request.start_ms, request.end_ms)

    def level(self, service: Service) -> str:
        """How soon it is answered and done; what is booked is done when its time is over."""
        kind = "level" if service.booking is None else "level_booking"
        return self._level(service.level, f"console.request.{kind}")

    def urgent_level(self, service: Service) -> str:
        """The same for what is urgent; empty where nothing is."""
        return self._level(service.urgent, "console.request.level_urgent") if service.urgent else ""

    def refusal(self, error: DomainError, service: Service | None = None) -> str:
        """Why something was not possible, with the fields of the form by their labels."""
        facts = dict(error.facts)
        if service is not None and isinstance(name := facts.get("field"), str):
            facts["field"] = self._label(service, name)
        return self.viewer.say(error.code, **facts)

    def _level(self, level: ServiceLevel, key: str) -> str:
        language = self.viewer.language
        respond, finish = (age(0, minutes * 60_000, language) for minutes in (level.respond_min, level.finish_min))
        return self.viewer.say(key, respond=respond, finish=finish)

    def _label(self, service: Service | None, name: str) -> str:
        field = service.fields.get(name) if service else None
        return field.label[self.viewer.language] if field else name

    def _value(self, service: Service | None, name: str, value: Input) -> str:
        field = service.fields.get(name) if service else None
        if isinstance(value, bool):
            return self.viewer.say("console.yes" if value else "console.no")
        if field is not None and isinstance(value, str) and value in field.choices:
            return field.choices[value][self.viewer.language]
        return "—" if value is None else str(value)


def span_text(start_ms: int, end_ms: int) -> str:
    """`2026-11-26 09:00–11:30`; the day is repeated only when it is another."""
    start, end = to_local(start_ms), to_local(end_ms)
    last = end.strftime("%H:%M" if start.date() == end.date() else "%Y-%m-%d %H:%M")
    return f"{start:%Y-%m-%d %H:%M}–{last}"


def read_service_words(console: Console, viewer: Viewer) -> ServiceWords:
    """Blocks on the institution models; shared between pages."""
    return ServiceWords(console, viewer, read_risk_words(console, viewer))
