"""How much of the value of the assets lies unused."""

from __future__ import annotations

from datetime import date

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.records.record import Record
from cloud.risk.record_reads import day, text, yuan

IDLE_DAYS = 180


def measure(facts: Facts, period: Period) -> Measured:
    """Value of the assets unused for half a year at the end of the period, over that of all in the book by then."""
    last = local_day(span_of(period, facts.now_ms)[1] - 1)
    present = [one for one in rows(facts, "asset") if text(one, "state") != "disposed" and _is_there(one, last)]
    idle = [one for one in present if _is_idle(one, last)]
    value, idle_value = (sum(yuan(one, "value") or 0.0 for one in some) for some in (present, idle))
    return share_of(idle_value, value, assets=len(present), idle=len(idle), idle_yuan=round(idle_value))


def _is_there(asset: Record, last: date) -> bool:
    acquired = day(asset, "acquired_on")
    return acquired is None or acquired <= last


def _is_idle(asset: Record, last: date) -> bool:
    since = day(asset, "last_used_on") or (day(asset, "acquired_on") if text(asset, "state") == "idle" else None)
    return since is not None and (last - since).days > IDLE_DAYS


INDICATOR = Indicator(
    indicator_id="idle_share",
    department="asset",
    dimension=Dimension.ECONOMY,
    unit="1",
    orientation=Orientation.LESS,
    bounds=targets(0.0, 0.3),
    measure=measure,
)
