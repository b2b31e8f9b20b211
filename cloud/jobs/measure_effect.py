"""Measures the effect of every breach that was answered by commands, once it is over and its readings have arrived.

What cannot be measured is said with its reason and never entered as 0.
"""

from __future__ import annotations

import logging

from cloud.core.threshold import Breach, Threshold
from cloud.energy.counterfactual import NotMeasurable
from cloud.energy.effect_measurement import EffectBooks, NotYet, effect_id, is_measured, measure
from cloud.jobs.job import JobPlan, JobTools

log = logging.getLogger(__name__)

PERIOD_S = 3.0
BREACHES_READ = 200
EFFECTS_READ = 1_000


class MeasureEffect:
    """One round: every closed breach that has no effect yet and was not found unmeasurable."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services
        self._settled: set[str] | None = None

    def run(self) -> bool:
        if self._settled is None:
            known = self._services.energy.effects.effects(self._tools.institution_ids(), limit=EFFECTS_READ)
            self._settled = {effect.effect_id for effect in known}
        breaches = self._services.thresholds.breaches(limit=BREACHES_READ)
        waiting = [one for one in breaches if is_measured(one) and effect_id(one) not in self._settled]
        if not waiting:
            return False
        thresholds = {one.threshold_id: one for one in self._services.thresholds.thresholds()}
        for breach in waiting:
            if self._measure(breach, thresholds.get(breach.threshold_id)):
                self._settled.add(effect_id(breach))
        return False

    def _measure(self, breach: Breach, threshold: Threshold | None) -> bool:
        """Whether nothing more is to be expected of this breach."""
        services = self._services
        books = EffectBooks(services.store, services.commands, services.energy.forecasts)
        try:
            unit = "" if threshold is None else self._unit_of(threshold)
            effect = measure(breach, threshold, unit, books, services.clock.now_ms())
        except NotYet:
            return False
        except NotMeasurable as error:
            log.info("effect of breach %s is not measurable: %s", breach.breach_id, error.reason)
            return True
        services.energy.effects.save(effect)
        return True

    def _unit_of(self, threshold: Threshold) -> str:
        for device in self._services.registry.devices([threshold.institution_id]):
            if (device.group, device.device) == (threshold.group, threshold.device):
                return next((point.unit for point in device.points if point.name == threshold.point), "")
        return ""


JOB = JobPlan(PERIOD_S, lambda tools: MeasureEffect(tools).run)
