"""What an indicator is: how one order parameter of a department is measured from stored rows.

A module of `cloud.evaluation.indicators` exports `INDICATOR`. Measuring is pure reading: all it may know is in `Facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from cloud.core.institution import InstitutionModel
from cloud.core.period import Period
from cloud.core.plugins import load_plugins
from cloud.core.ports import IntervalBook, Registry, TimeSeriesStore
from cloud.core.work_calendar import WorkCalendar
from cloud.energy.account import AccountBooks
from cloud.evaluation.order_degree import Bounds, Orientation
from cloud.records.ports import RecordBook
from cloud.risk.ports import RiskBooks
from cloud.services.ports import ServiceBooks

PACKAGE = "cloud.evaluation.indicators"


class Dimension(StrEnum):
    """What a department is judged by."""

    ECONOMY = "economy"
    EFFICIENCY = "efficiency"
    SERVICE = "service"
    SAFETY = "safety"
    GREEN = "green"
    COORDINATION = "coordination"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an indicator may look at: one institution's model and the books, read only, at `now_ms`."""

    institution_id: str
    model: InstitutionModel
    now_ms: int
    store: TimeSeriesStore
    intervals: IntervalBook
    registry: Registry
    records: RecordBook
    risk: RiskBooks
    service: ServiceBooks
    account_books: AccountBooks
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class Measured:
    """`value` in the indicator's unit, None with a text key in `missing`; `inputs` are what it was worked out from.

    A key that begins with NOT_APPLICABLE says that nothing of the kind happened, others that data are missing.
    """

    value: float | None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    missing: str | None = None


NO_ROWS = "evaluation.missing.no_rows"
NOT_APPLICABLE = "evaluation.not_applicable."


def nothing(missing: str = NO_ROWS, **inputs: Any) -> Measured:
    """An indicator that cannot be measured, with what was found."""
    return Measured(None, inputs, missing)


def share_of(part: float, whole: float, without: str = NO_ROWS, **inputs: Any) -> Measured:
    """A share; when there is nothing to share it has no value, never 0, and `without` says why."""
    return Measured(part / whole, inputs) if whole else nothing(without, **inputs)


Measure = Callable[[Facts, Period], Measured]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One order parameter of a department.

    Texts: `evaluation.indicator.<indicator_id>.name` and `.explanation`, filled from value and inputs. `unit` is shown
    behind the value; shares have the unit `1` and are shown in per cent.
    """

    indicator_id: str
    department: str
    dimension: Dimension
    unit: str
    orientation: Orientation
    bounds: Bounds
    measure: Measure


@cache
def load_indicators() -> Mapping[str, Indicator]:
    """Every indicator by id, in the order of the module names."""
    modules = load_plugins(PACKAGE, "INDICATOR", Indicator)
    return {modules[name].indicator_id: modules[name] for name in modules}


def span_of(period: Period, now_ms: int) -> tuple[int, int]:
    """Start and end of what has passed of a period, in UTC milliseconds."""
    return period.start_ms, max(period.start_ms, min(period.end_ms, now_ms))
