"""What is done about a risk: the first steps of the playbook, steps that people take, and when all of it is done.

The system only advises, wants a request, and points to set-points that a threshold has commanded within its limits.
Nothing here touches fire, power, doors or vehicles.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from cloud.risk.risk import Risk, RiskStatus, Treatment
from cloud.risk.rule import Rule, TreatmentKind
from foundation.errors import DomainError

SYSTEM = "system"
_UNDER_WAY = (RiskStatus.OPEN, RiskStatus.TREATING)


def first_steps(rule: Rule, now_ms: int) -> tuple[Treatment, ...]:
    """Advice always; a wanted request when the playbook names a service."""
    advice = Treatment(TreatmentKind.ADVICE, now_ms, SYSTEM, note=f"risk.rule.{rule.rule_id}.advice")
    if rule.playbook.kind is not TreatmentKind.REQUEST or rule.playbook.service is None:
        return (advice,)
    return advice, Treatment(TreatmentKind.REQUEST, now_ms, SYSTEM, note=rule.playbook.service)


def wanted_request(risk: Risk) -> Treatment | None:
    """The request that is to be opened for this risk and has not been; its `note` is the service."""
    if risk.status not in _UNDER_WAY:
        return None
    return next((one for one in risk.treatments if _is_request(one) and not one.reference), None)


def with_set_points(risk: Risk, command_ids: Collection[str], now_ms: int) -> Risk:
    """The risk with the commands that answer its breach; those it names already are not repeated."""
    known = {one.reference for one in risk.treatments}
    fresh = [identity for identity in command_ids if identity not in known]
    if not fresh:
        return risk
    steps = tuple(Treatment(TreatmentKind.SET_POINT, now_ms, SYSTEM, reference=identity) for identity in fresh)
    status = RiskStatus.TREATING if risk.status is RiskStatus.OPEN else risk.status
    return replace(risk, treatments=(*risk.treatments, *steps), status=status)


def with_step(risk: Risk, rule: Rule | None, *, kind: TreatmentKind, by: str, note: str, now_ms: int) -> Risk:
    """The risk after a person's step: a word on what was done, or the wish for the playbook's request.

    Raises DomainError: 409 when it waits for no treatment, 422 for a step that people do not take here.
    """
    if risk.status not in _UNDER_WAY:
        raise DomainError("error.risk_not_open", 409, state=risk.status.value)
    if kind is TreatmentKind.ADVICE:
        if not note.strip():
            raise DomainError("error.note_missing")
        step = Treatment(kind, now_ms, by, note=note.strip())
    elif kind is TreatmentKind.REQUEST and rule is not None and rule.playbook.service is not None:
        if any(_is_request(one) for one in risk.treatments):
            raise DomainError("error.request_under_way", 409)
        step = Treatment(kind, now_ms, by, note=rule.playbook.service)
    else:
        raise DomainError("error.treatment_not_possible", kind=kind.value)
    return replace(risk, treatments=(*risk.treatments, step), status=RiskStatus.TREATING)


def settled(risk: Risk, *, has_open_alarm: bool, now_ms: int) -> Risk:
    """HANDLED once no alarm is open and no request under way; a request nobody opened in time is not needed."""
    is_under_way = any(_is_request(one) and one.reference for one in risk.treatments)
    if risk.status not in _UNDER_WAY or has_open_alarm or is_under_way:
        return risk
    return handled(risk, now_ms)


def handled(risk: Risk, now_ms: int) -> Risk:
    """Nothing is left to do but to say what it was."""
    steps = tuple(replace(one, ended_ms=now_ms) if _is_request(one) else one for one in risk.treatments)
    return replace(risk, status=RiskStatus.HANDLED, handled_ms=now_ms, treatments=steps)


def _is_request(treatment: Treatment) -> bool:
    """Whether it is a request not yet at its end."""
    return treatment.kind is TreatmentKind.REQUEST and treatment.ended_ms is None
