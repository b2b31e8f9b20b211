"""What the capabilities have made of readings and records, counted from their books by whoever asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cloud.desks.books import Books
from cloud.reporting.order import OrderState

_MANY = 100_000


def figures(ports: Books, institutions: Sequence[str]) -> dict[str, Any]:
    """Counts of records, alarms, risks, requests and the rest; what was never made is 0 or None."""
    risks = ports.risk.register.risks(institutions, limit=_MANY)
    forecasts = ports.energy.forecasts.newest(institutions)
    return {
        "records": sum(ports.records.counts(institutions).values()),
        "alarms": len(ports.risk.alarms.alarms(institutions, limit=_MANY)),
        "risks": len(risks),
        "risks_by_department": _counted(risk.department for risk in risks),
        "requests": len(ports.service.requests.requests(institutions, limit=_MANY)),
        "cases": len(ports.service.cases.cases(institutions, limit=_MANY)),
        "datasets_shared": sum(grant.uses > 0 for grant in ports.service.grants.grants(institutions)),
        "forecast_points": sum(len(run.points) for run in forecasts),
        "effects": len(ports.energy.effects.effects(institutions, limit=_MANY)),
        "indicators_by_department": _indicators(ports, institutions),
        "synergy": _synergy(ports, institutions),
        "report_package": _package(ports, institutions),
    }


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _indicators(ports: Books, institutions: Sequence[str]) -> dict[str, int]:
    values = ports.evaluation.indicators.values(institutions)
    return _counted(one.department for one in values if one.value is not None)


def _synergy(ports: Books, institutions: Sequence[str]) -> float | None:
    for evaluation in ports.evaluation.evaluations.evaluations(institutions):
        degree = evaluation.content.get("synergy", {}).get("geometric", {}).get("degree")
        if degree is not None:
            return float(degree)
    return None


def _package(ports: Books, institutions: Sequence[str]) -> str | None:
    done = (one for one in ports.orders.orders(institutions) if one.state is OrderState.DONE)
    return next((one.package for one in done), None)
