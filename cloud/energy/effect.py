"""Effect: what an automatic action has saved, as the difference to a counterfactual; estimated, never metered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Effect:
    """Energy of one metered series while a breach's commands held. `low` to `high` is the 90 % interval of `saved_wh`.

    `expected_wh` is what the counterfactual `method` says would have been used, `actual_wh` what was. `terms` are the
    figures that the method worked with, by name with their unit last.
    """

    effect_id: str
    institution_id: str
    breach_id: str
    command_ids: tuple[str, ...]
    group: str
    device: str
    point: str
    start_ms: int
    end_ms: int
    expected_wh: float
    actual_wh: float
    saved_wh: float
    low_wh: float
    high_wh: float
    method: str
    measured_ms: int
    terms: Mapping[str, float] = field(default_factory=dict)
