"""The order parameters of some departments over the last two full months, each with its bounds and explanation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cloud.core.access import Principal
from cloud.core.period import Period
from cloud.desks.door import DoorServices
from cloud.desks.evaluation import IndicatorView, read_indicators
from cloud.evaluation.indicator import NOT_APPLICABLE
from cloud.evaluation.score import IndicatorValue
from foundation.texts import Language


@dataclass(frozen=True, slots=True)
class OrderParameter:
    """`now` is that of the last full month, `before` of the month before it; None where that was not measured."""

    now: IndicatorView
    before: IndicatorValue | None

    @property
    def name(self) -> str:
        value = self.now.value
        return f"{value.institution_id}.{value.indicator}"

    @property
    def is_missing(self) -> bool:
        """Whether data are wanting, which somebody can complete; nothing to measure is no gap."""
        value = self.now.value
        return value.value is None and not (value.missing or "").startswith(NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class OrderParameters:
    period: Period
    parameters: tuple[OrderParameter, ...]


def read_order_parameters(
    services: DoorServices, principal: Principal, departments: Collection[str], language: Language
) -> OrderParameters:
    """By institution and department; raises DomainError 403."""
    period = Period.month_of(services.clock.now_ms()).previous
    found: list[OrderParameter] = []
    for institution_id in sorted(principal.institution_ids):
        views, earlier = (
            read_indicators(services, principal, institution_id, str(one), language)
            for one in (period, period.previous)
        )
        before = {one.value.indicator: one.value for one in earlier}
        found += [
            OrderParameter(one, before.get(one.value.indicator)) for one in views if one.value.department in departments
        ]
    return OrderParameters(period, tuple(found))
