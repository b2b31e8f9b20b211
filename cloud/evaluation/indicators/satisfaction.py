"""How satisfied people are with the departments' services."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.core.wilson import wilson_low
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import finished_in, rows, targets, trailing
from cloud.evaluation.survey import SATISFIED
from cloud.risk.record_reads import number


def measure(facts: Facts, period: Period) -> Measured:
    """Wilson lower bound (90 %) of the share of satisfied answers in surveys of a quarter and ratings of the period."""
    start_ms, end_ms = trailing(facts, period)
    surveys = rows(facts, "satisfaction", start_ms, end_ms)
    ratings = [one.rating.stars for one in finished_in(facts, period) if one.rating is not None]
    answers = round(sum(number(one, "answers") or 0 for one in surveys)) + len(ratings)
    satisfied = round(sum(number(one, "satisfied") or 0 for one in surveys)) + sum(one >= SATISFIED for one in ratings)
    if not answers:
        return nothing()
    inputs = {"answers": answers, "satisfied": satisfied, "surveys": len(surveys), "ratings": len(ratings)}
    return Measured(wilson_low(satisfied, answers), inputs)


INDICATOR = Indicator(
    indicator_id="satisfaction",
    department="general",
    dimension=Dimension.SERVICE,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.4, 1.0),
    measure=measure,
)
