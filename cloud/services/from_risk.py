"""From a risk to what people do about it: the request that its playbook wants, and the case of several departments."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from pydantic import Field

from cloud.core.event import Severity
from cloud.risk.risk import Risk, Treatment
from cloud.risk.rule import TreatmentKind
from cloud.risk.rule_words import name_of
from cloud.services.catalogue import Service
from cloud.services.inputs import LONGEST_TEXT, Input
from cloud.services.joint_case import Approval, CaseState, JointCase
from cloud.services.request import RequestState, ServiceRequest
from cloud.services.request_life import SYSTEM, Asking, submitted
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, read_model
from foundation.texts import Language, load_texts

RULES = Path(__file__).parent / "joint_rules.yaml"

_NAMESPACE = uuid.UUID("0f7a2d3c-6f0b-4f36-9a54-5c0d9c1b7e21")
_HOUR_MS = 3_600_000
_DONE = frozenset({RequestState.DONE, RequestState.CONFIRMED, RequestState.CLOSED})
_REFUSED = frozenset({RequestState.REJECTED, RequestState.CANCELLED})


class JointRule(FrozenModel):
    """Departments that a rule's risks concern, from this colour on."""

    departments: tuple[str, ...] = Field(min_length=2)
    start: str = Field(alias="from", pattern=r"^(blue|yellow|orange|red)$")


class JointRules(FrozenModel):
    """Which risks are a matter of several departments; `due_h` the deadline of a case by colour.

    Rules of `alone` are never one, red or not.
    """

    for_red: tuple[str, ...] = Field(min_length=1)
    alone: tuple[str, ...] = ()
    due_h: dict[str, int]
    rules: dict[str, JointRule]


@cache
def load_joint_rules(path: Path = RULES) -> JointRules:
    """The file; a colour without a deadline raises ConfigError."""
    rules = read_model(JointRules, path)
    if not set(rules.due_h) >= {"yellow", "orange", "red"}:
        raise ConfigError(path, "due_h", "needs yellow, orange and red")
    return rules


def request_id_of(risk: Risk, wanted: Treatment) -> str:
    """The id of the request that this treatment of the risk is carried out by; the same every time."""
    return str(uuid.uuid5(_NAMESPACE, f"{risk.risk_id}/{risk.treatments.index(wanted)}"))


def request_for(risk: Risk, service: Service, request_id: str, finding: str, at_ms: int) -> ServiceRequest | None:
    """The request that carries the treatment out; None when the service is no answer to risks.

    It stays as restricted as the risk is.
    """
    if service.risk is None:
        return None
    fields: dict[str, Input] = {service.risk.text: finding[:LONGEST_TEXT]}
    if service.topic is not None:
        fields[service.topic] = service.risk.topics.get(risk.rule_id, service.risk.topic_else)
    if service.risk.urgent is not None:
        fields[service.risk.urgent] = risk.colour >= Severity.ORANGE
    asking = Asking(request_id, risk.institution_id, risk.subject, SYSTEM, fields, risk.department)
    request = submitted(service, asking, at_ms, risk_id=risk.risk_id)
    return replace(request, is_restricted=request.is_restricted or risk.is_restricted)


def requests_under_way(risk: Risk) -> list[str]:
    """Requests that treat the risk and have not ended."""
    of_requests = (one for one in risk.treatments if one.kind is TreatmentKind.REQUEST)
    return [one.reference for one in of_requests if one.reference and one.ended_ms is None]


def is_done(request: ServiceRequest) -> bool:
    """Whether the work is done, confirmed or not."""
    return request.state in _DONE


def is_refused(request: ServiceRequest) -> bool:
    """Whether it came to nothing."""
    return request.state in _REFUSED


def departments_concerned(risk: Risk, others: Iterable[Risk], rules: JointRules) -> list[str]:
    """Departments that the risk concerns, its own first: by its rule and for red; only then by risks at its subject.

    Two departments that have each their own trouble at one place are no joint matter yet. Nothing about a person is
    brought before other departments by the system.
    """
    if risk.is_restricted or risk.rule_id in rules.alone:
        return [risk.department]
    found = [risk.department]
    rule = rules.rules.get(risk.rule_id)
    if rule is not None and risk.colour >= Severity[rule.start.upper()]:
        found += rule.departments
    if risk.colour is Severity.RED:
        found += rules.for_red
    if len(found) > 1 and risk.wants_joint_case:
        found += [one.department for one in others if _is_beside(one, risk)]
    return list(dict.fromkeys(found))


def case_title(risk: Risk, subject: str, language: Language) -> str:
    """What the case is called; `subject` is the name that people know the place by."""
    return load_texts()("case.title", language, rule=name_of(risk.rule_id, language), subject=subject)


def case_for(
    risk: Risk, departments: Collection[str], title: str, request_ids: Iterable[str], rules: JointRules, at_ms: int
) -> JointCase:
    """The joint case that the system opens for a risk. The same risk gives the same case_id."""
    due_h = rules.due_h.get(risk.colour.name.lower(), max(rules.due_h.values()))
    return JointCase(
        case_id=case_id_of(risk),
        institution_id=risk.institution_id,
        title=title,
        subject=risk.subject,
        lead=risk.department,
        opened_by=SYSTEM,
        opened_ms=at_ms,
        due_ms=at_ms + due_h * _HOUR_MS,
        approvals=tuple(Approval(one) for one in departments),
        risk_ids=(risk.risk_id,),
        request_ids=tuple(request_ids),
    )


def case_to_join(risk: Risk, departments: Collection[str], cases: Iterable[JointCase]) -> JointCase | None:
    """A case of the system about the same subject that asks all of these departments, and on which none has spoken."""
    for case in cases:
        is_same_place = (case.institution_id, case.subject) == (risk.institution_id, risk.subject)
        is_untouched = case.state is CaseState.OPEN and all(one.agreed is None for one in case.approvals)
        asks_all = set(departments) <= {one.department for one in case.approvals}
        if is_same_place and is_untouched and asks_all and case.opened_by == SYSTEM:
            return case
    return None


def joined(case: JointCase, risk: Risk, request_ids: Iterable[str]) -> JointCase:
    """The case with one more risk, unless somebody has spoken in the meantime."""
    if risk.risk_id in case.risk_ids or any(one.agreed is not None for one in case.approvals):
        return case
    requests = tuple(dict.fromkeys((*case.request_ids, *request_ids)))
    return replace(case, risk_ids=(*case.risk_ids, risk.risk_id), request_ids=requests)


def case_id_of(risk: Risk) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{risk.risk_id}/case"))


def _is_beside(other: Risk, risk: Risk) -> bool:
    is_same_place = (other.institution_id, other.subject) == (risk.institution_id, risk.subject)
    return is_same_place and other.risk_id != risk.risk_id and not other.is_restricted
