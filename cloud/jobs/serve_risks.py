"""Carries risks to people: opens the requests and joint cases that they want, and tells the register how these end."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.desks.risk_sight import name_of_subject, names_of
from cloud.jobs.job import JobPlan, JobTools
from cloud.risk.feedback import request_done, request_opened, request_refused
from cloud.risk.risk import Risk
from cloud.risk.rule_words import finding_of
from cloud.risk.treatment import wanted_request
from cloud.services.case_life import LEAST_DEPARTMENTS
from cloud.services.catalogue import load_services
from cloud.services.from_risk import (
    case_for,
    case_id_of,
    case_title,
    case_to_join,
    departments_concerned,
    is_done,
    is_refused,
    joined,
    load_joint_rules,
    request_for,
    request_id_of,
    requests_under_way,
)

PERIOD_S = 10.0


class ServeRisks:
    """One round over the open risks. Every id comes from the risk: a round cut short is repeated without harm."""

    def __init__(self, tools: JobTools) -> None:
        self._services = tools.services
        self._catalogue, self._joint_rules = load_services(), load_joint_rules()

    def run(self) -> bool:
        risks = self._services.risk.register.open_risks()
        changed = [self._serve(risk, risks) for risk in risks]
        if any(changed):
            self._services.wake()
        return False

    def _serve(self, risk: Risk, others: Sequence[Risk]) -> bool:
        followed = [self._follow(risk, request_id) for request_id in requests_under_way(risk)]
        return any([self._open_request(risk), self._open_case(risk, others), *followed])

    def _open_request(self, risk: Risk) -> bool:
        wanted = wanted_request(risk)
        service = self._catalogue.get(wanted.note) if wanted is not None else None
        if wanted is None or service is None:
            return False
        finding = finding_of(risk.rule_id, self._name(risk), risk.data, self._services.language)
        request_id = request_id_of(risk, wanted)
        request = request_for(risk, service, request_id, finding, self._services.clock.now_ms())
        if request is None:
            return False
        # The request first: a crash in between leaves one that the next round finds by its id.
        self._services.service.requests.add(request)
        request_opened(self._services.risk.register, risk.risk_id, request_id)
        return True

    def _follow(self, risk: Risk, request_id: str) -> bool:
        request, now_ms = self._services.service.requests.find(request_id), self._services.clock.now_ms()
        if request is not None and is_done(request):
            request_done(self._services.risk.register, risk.risk_id, request_id, now_ms)
            return True
        if request is not None and is_refused(request):
            request_refused(self._services.risk.register, risk.risk_id, request_id, now_ms)
            return True
        return False

    def _open_case(self, risk: Risk, others: Sequence[Risk]) -> bool:
        departments = departments_concerned(risk, others, self._joint_rules)
        if len(departments) < LEAST_DEPARTMENTS:
            return False
        book = self._services.service.cases
        cases, requests = book.cases([risk.institution_id]), requests_under_way(risk)
        if any(risk.risk_id in one.risk_ids for one in cases) or book.find(case_id_of(risk)) is not None:
            return False
        beside = case_to_join(risk, departments, cases)
        if beside is not None:
            return risk.risk_id in book.change(beside.case_id, lambda case: joined(case, risk, requests)).risk_ids
        title = case_title(risk, self._name(risk), self._services.language)
        book.save(case_for(risk, departments, title, requests, self._joint_rules, self._services.clock.now_ms()))
        return True

    def _name(self, risk: Risk) -> str:
        names = names_of(self._services, risk.institution_id)
        return name_of_subject(risk.subject, names)[self._services.language]


JOB = JobPlan(PERIOD_S, lambda tools: ServeRisks(tools).run, is_woken=True)
