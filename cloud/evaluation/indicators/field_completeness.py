"""How completely the departments fill in their books."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.records.kind import load_kinds


def measure(facts: Facts, period: Period) -> Measured:
    """Filled cells over all cells of the rows that touch the period; books without times are looked at as they are."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    cells = filled = counted = 0
    for kind in load_kinds().values():
        found = rows(facts, kind.id, start_ms, end_ms) if kind.start else rows(facts, kind.id)
        counted += len(found)
        cells += len(found) * len(kind.fields)
        filled += sum(one.fields.get(name) is not None for one in found for name in kind.fields)
    return share_of(filled, cells, rows=counted, filled=filled, cells=cells)


INDICATOR = Indicator(
    indicator_id="field_completeness",
    department="information",
    dimension=Dimension.EFFICIENCY,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.5, 1.0),
    measure=measure,
)
