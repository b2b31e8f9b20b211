"""Effects of automatic actions with the limits that they answered, and those that could not be measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloud.core.access import Principal
from cloud.desks.door import DoorServices
from cloud.desks.forecasts import Unmeasured, read_effects, unmeasured_breaches
from cloud.energy.effect import Effect

MOST = 50


@dataclass(frozen=True, slots=True)
class EffectLine:
    """`limit` is the name of the threshold whose breach it was; None when it was removed since."""

    effect: Effect
    limit: str | None


@dataclass(frozen=True, slots=True)
class EnergyEffects:
    """Newest first; names of limits and times of breaches by breach id."""

    measured: tuple[EffectLine, ...]
    unmeasured: tuple[Unmeasured, ...]
    limits: Mapping[str, str]
    opened_ms: Mapping[str, int]


def read_energy_effects(services: DoorServices, principal: Principal, institution_id: str | None) -> EnergyEffects:
    """DomainError 403, 404."""
    effects = read_effects(services, principal, institution_id, MOST)
    unmeasured = unmeasured_breaches(services, principal, institution_id)
    scope = principal.institution_ids if institution_id is None else {institution_id}
    names = {one.threshold_id: one.name for one in services.thresholds.thresholds(scope)}
    breaches = {one.breach_id: one for one in services.thresholds.breaches(scope, limit=1000)}
    limits = {breach_id: names[one.threshold_id] for breach_id, one in breaches.items() if one.threshold_id in names}
    return EnergyEffects(
        measured=tuple(EffectLine(one, limits.get(one.breach_id)) for one in effects),
        unmeasured=tuple(unmeasured),
        limits=limits,
        opened_ms={breach_id: one.opened_ms for breach_id, one in breaches.items()},
    )
