"""Measures the indicators of the last two full months and of the current one, and publishes the evaluation.

A round that leaves the full months as they were makes the next one later; a change makes it soon again. Only what has
changed is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cloud.core.institution import InstitutionModel
from cloud.core.period import Period
from cloud.desks.evaluation import facts_of, peer_values
from cloud.evaluation.evaluate import Material, evaluate
from cloud.evaluation.indicator import load_indicators
from cloud.evaluation.measuring import measure_all
from cloud.evaluation.score import IndicatorValue
from cloud.jobs.job import JobPlan, JobTools

PERIOD_S = 15.0
LONGEST_WAIT_S = 600.0


class Evaluate:
    """One round: every institution, when it is time to."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services
        self._indicators = load_indicators()
        self._wait_s, self._next_s = PERIOD_S, float("-inf")

    def run(self) -> bool:
        now_s = self._services.clock.monotonic()
        if now_s < self._next_s:
            return False
        changed = [self._evaluate(one.institution_id) for one in self._services.institutions.institutions()]
        self._wait_s = PERIOD_S if any(changed) else min(2 * self._wait_s, LONGEST_WAIT_S)
        self._next_s = self._services.clock.monotonic() + self._wait_s
        return False

    def _evaluate(self, institution_id: str) -> bool:
        """Whether a full month or its evaluation was different from what is stored."""
        model = self._services.institutions.model(institution_id)
        if model is None:
            return False
        current = Period.month_of(self._services.clock.now_ms())
        full, earlier = current.previous, current.previous.previous
        self._measure(model, current)
        changed = [self._measure(model, period) for period in (earlier, full)]
        return self._publish(model, full) or any(changed)

    def _measure(self, model: InstitutionModel, period: Period) -> bool:
        facts = facts_of(self._services, model)
        known = {one.indicator: one for one in self._values(facts.institution_id, period)}
        measured = measure_all(facts, period, self._indicators)
        fresh = [one for one in measured if _differs(one, known.get(one.indicator))]
        if fresh:
            self._services.evaluation.indicators.save(fresh)
        return bool(fresh)

    def _publish(self, model: InstitutionModel, period: Period) -> bool:
        services, institution_id = self._services, model.institution.institution_id
        material = Material(
            institution=model.institution,
            period=period,
            departments=[one.id for one in services.departments.all()],
            indicators=self._indicators,
            values=self._values(institution_id, period),
            earlier_values=self._values(institution_id, period.previous),
            answers=services.evaluation.surveys.answers({institution_id}, str(period)),
            group=peer_values(services, model, period),
        )
        evaluation = evaluate(material, services.clock.now_ms())
        stored = services.evaluation.evaluations.evaluations({institution_id})
        known = next((one for one in stored if one.period == evaluation.period), None)
        if known is not None and known.content == evaluation.content:
            return False
        services.evaluation.evaluations.save(evaluation)
        return True

    def _values(self, institution_id: str, period: Period) -> Sequence[IndicatorValue]:
        """Stored values of indicators that still exist."""
        stored = self._services.evaluation.indicators.values({institution_id}, [str(period)])
        return [one for one in stored if one.indicator in self._indicators]


def _differs(measured: IndicatorValue, known: IndicatorValue | None) -> bool:
    return known is None or replace(measured, measured_ms=known.measured_ms) != known


JOB = JobPlan(PERIOD_S, lambda tools: Evaluate(tools).run)
