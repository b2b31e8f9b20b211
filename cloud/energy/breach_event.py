"""A breach as events of the log: that it opened, that it is over."""

from __future__ import annotations

import uuid

from cloud.core.event import Event, Severity
from cloud.core.threshold import Breach, Threshold

OPENED = "energy.threshold_breach"
CLEARED = "energy.threshold_cleared"

_NAMESPACE = uuid.UUID("71c9b1ce-3c1d-4a53-8d7e-0c2d6d2a8f55")
_SHOWN = {"W": ("kW", 1000), "var": ("kvar", 1000), "VA": ("kVA", 1000), "L/h": ("m³/h", 1000), "J/h": ("MJ/h", 1e6)}


def opened_event(threshold: Threshold, breach: Breach, *, department: str, unit: str, now_ms: int) -> Event:
    """Told once per breach, however often it is asked for."""
    severity = Severity.BLUE if breach.is_late else Severity.YELLOW
    return _event(OPENED, threshold, breach, severity, department, unit, breach.opened_ms, now_ms)


def cleared_event(threshold: Threshold, breach: Breach, *, department: str, unit: str, now_ms: int) -> Event:
    at_ms = now_ms if breach.closed_ms is None else breach.closed_ms
    return _event(CLEARED, threshold, breach, Severity.INFO, department, unit, at_ms, now_ms)


def shown(value: float, unit: str) -> str:
    """A value in base units as people read it: `92350.0, "W"` gives `92.4 kW`."""
    symbol, divisor = _SHOWN.get(unit, (unit, 1))
    return f"{value / divisor:,.1f} {symbol}".rstrip()


def _event(
    kind: str,
    threshold: Threshold,
    breach: Breach,
    severity: Severity,
    department: str,
    unit: str,
    at_ms: int,
    now_ms: int,
) -> Event:
    minutes = ((breach.closed_ms or now_ms) - breach.opened_ms) / 60_000
    return Event(
        event_id=str(uuid.uuid5(_NAMESPACE, f"{breach.breach_id}/{kind}")),
        institution_id=threshold.institution_id,
        kind=kind,
        department=department,
        severity=severity,
        subject=f"device:{threshold.device}",
        occurred_ms=at_ms,
        received_ms=now_ms,
        is_late=breach.is_late,
        data={
            "breach_id": breach.breach_id,
            "threshold_id": threshold.threshold_id,
            "name": threshold.name,
            "group": threshold.group,
            "device": threshold.device,
            "point": threshold.point,
            "unit": unit,
            "limit": breach.limit,
            "peak": breach.peak,
            "limit_shown": shown(breach.limit, unit),
            "peak_shown": shown(breach.peak, unit),
            "minutes": round(minutes, 1),
        },
    )
