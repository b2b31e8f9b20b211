"""Measures every indicator of one institution in one period, and places each between its bounds."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from cloud.core.period import Period
from cloud.evaluation.indicator import Facts, Indicator, Measured, nothing
from cloud.evaluation.order_degree import efficacy
from cloud.evaluation.score import IndicatorValue

log = logging.getLogger(__name__)


def measure_all(facts: Facts, period: Period, indicators: Mapping[str, Indicator]) -> list[IndicatorValue]:
    """One value per indicator; one that fails is missing and logged, and the others are measured all the same."""
    return [
        value_of(facts, period, indicator, _measured(facts, period, indicator)) for indicator in indicators.values()
    ]


def value_of(facts: Facts, period: Period, indicator: Indicator, measured: Measured) -> IndicatorValue:
    """The measurement as it is stored."""
    place, clipped = None, False
    if measured.value is not None:
        place, clipped = efficacy(measured.value, indicator.bounds, indicator.orientation)
    return IndicatorValue(
        institution_id=facts.institution_id,
        period=str(period),
        department=indicator.department,
        indicator=indicator.indicator_id,
        value=measured.value,
        efficacy=place,
        clipped=clipped,
        missing=measured.missing,
        inputs=measured.inputs,
        measured_ms=facts.now_ms,
    )


def _measured(facts: Facts, period: Period, indicator: Indicator) -> Measured:
    try:
        return indicator.measure(facts, period)
    except (ValueError, ArithmeticError, LookupError, TypeError):
        # A row that nobody foresaw must not take the other seven departments' figures away.
        log.exception("indicator %s of %s cannot be measured", indicator.indicator_id, facts.institution_id)
        return nothing("evaluation.missing.failed")
