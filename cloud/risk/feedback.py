"""What came of a risk: how its request ended, and a person's word on whether the rule was right.

Only people label; each label becomes a lesson about the rule. The functions change the register in one transaction
each and may be called again after a crash.
"""

from __future__ import annotations

from dataclasses import replace

from cloud.risk.ports import Lesson, RiskBooks, RiskRegister
from cloud.risk.risk import Label, Risk, RiskStatus, Treatment
from cloud.risk.rule import TreatmentKind
from cloud.risk.treatment import SYSTEM, handled, wanted_request
from foundation.errors import DomainError

CAUSING_FIELDS = ("person", "driver", "actor", "user", "by", "asked_by", "approved_by", "imported_by")
"""Facts of a finding that may name who caused it."""


def request_opened(register: RiskRegister, risk_id: str, request_id: str) -> Risk:
    """The wanted request exists; the risk is being treated. Changes nothing when none is wanted."""

    def opened(risk: Risk) -> Risk:
        wanted = wanted_request(risk)
        if wanted is None or any(one.reference == request_id for one in risk.treatments):
            return risk
        steps = tuple(replace(one, reference=request_id) if one is wanted else one for one in risk.treatments)
        return replace(risk, treatments=steps, status=RiskStatus.TREATING)

    return register.change(risk_id, opened)


def request_done(register: RiskRegister, risk_id: str, request_id: str, now_ms: int) -> Risk:
    """The request that treats the risk is done or confirmed: the risk is handled and waits for its label."""

    def done(risk: Risk) -> Risk:
        return handled(risk, now_ms) if _running(risk, request_id) is not None else risk

    return register.change(risk_id, done)


def request_refused(register: RiskRegister, risk_id: str, request_id: str, now_ms: int) -> Risk:
    """The request was rejected or cancelled: the risk waits for another treatment."""

    def refused(risk: Risk) -> Risk:
        running = _running(risk, request_id)
        if running is None:
            return risk
        steps = tuple(replace(one, ended_ms=now_ms) if one is running else one for one in risk.treatments)
        return replace(risk, treatments=steps, status=RiskStatus.OPEN)

    return register.change(risk_id, refused)


def label_risk(books: RiskBooks, risk_id: str, label: Label, *, by: str, now_ms: int) -> Risk:
    """A person says what it was: the rule learns, the risk is closed. A later label replaces an earlier one.

    What is not yet handled can only be called wrong. Raises DomainError 403, 404, 409.
    """
    risk = books.register.find(risk_id)
    if risk is None:
        raise DomainError("error.not_found", 404)
    check_label(risk, label, by)
    books.rules.learn(Lesson(risk.institution_id, risk.rule_id, risk_id, label, by, now_ms))

    def closed(current: Risk) -> Risk:
        closed_ms = now_ms if current.closed_ms is None else current.closed_ms
        return replace(current, status=RiskStatus.CLOSED, label=label, labelled_by=by, closed_ms=closed_ms)

    return books.register.change(risk_id, closed)


def check_label(risk: Risk, label: Label, by: str) -> None:
    """Raises DomainError: 403 for the system and whoever caused it, 409 while the risk is not handled."""
    if by == SYSTEM or by in causers_of(risk):
        raise DomainError("error.own_matter", 403)
    if risk.status in (RiskStatus.OPEN, RiskStatus.TREATING) and label is not Label.FALSE:
        raise DomainError("error.risk_not_handled", 409, state=risk.status.value)


def causers_of(risk: Risk) -> frozenset[str]:
    """Names and ids of people whom the finding may be about."""
    kind, _, identifier = risk.subject.partition(":")
    named = {str(risk.data[name]) for name in CAUSING_FIELDS if risk.data.get(name)}
    return frozenset(named | ({identifier} if kind == "person" else set()))


def _running(risk: Risk, request_id: str) -> Treatment | None:
    if risk.status not in (RiskStatus.OPEN, RiskStatus.TREATING):
        return None
    requests = (one for one in risk.treatments if one.kind is TreatmentKind.REQUEST and one.ended_ms is None)
    return next((one for one in requests if one.reference == request_id), None)
