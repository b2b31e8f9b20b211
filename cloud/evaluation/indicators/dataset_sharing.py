"""How many of the datasets of the catalogue are really shared between departments."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import targets
from cloud.services.dataset import load_datasets
from cloud.services.dataset_grant import GrantState


def measure(facts: Facts, period: Period) -> Measured:
    """Datasets with a grant that held at the end of the period, over the catalogue; nobody asked is no verdict."""
    end_ms = span_of(period, facts.now_ms)[1]
    grants = [one for one in facts.service.grants.grants({facts.institution_id}) if one.asked_ms < end_ms]
    shared = {
        one.dataset
        for one in grants
        if one.state is GrantState.GRANTED
        and one.decided_ms is not None
        and one.decided_ms < end_ms
        and (one.valid_until_ms is None or one.valid_until_ms >= end_ms)
    }
    asked = {one.dataset for one in grants}
    if not asked:
        return nothing("evaluation.not_applicable.none_asked")
    catalogue = set(load_datasets())
    known = shared & catalogue
    return share_of(len(known), len(catalogue), shared=len(known), asked=len(asked), datasets=len(catalogue))


INDICATOR = Indicator(
    indicator_id="dataset_sharing",
    department="information",
    dimension=Dimension.COORDINATION,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.0, 0.8),
    measure=measure,
)
