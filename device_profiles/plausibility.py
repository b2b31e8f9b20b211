"""Does what a newly installed three-phase meter says make sense? Wiring mistakes seen in plain values.

All angles come from P / (U * I), the power factor that a phase shows. A current clamp put on backwards turns its sign;
a current paired with the voltage of another phase shifts its angle by 120 degrees, which no ordinary load does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

PHASES = (1, 2, 3)

LEAST_CURRENT_A = 0.5
"""Below this the angle of a load says nothing: stand-by supplies have any power factor."""
LEAST_VOLTAGE_V = 20.0
ORDINARY = (0.70, 1.0)
"""Power factor of a phase whose load lags or leads by at most 45 degrees."""
LATE, EARLY = (-0.98, -0.25), (-0.72, 0.27)
"""What the same load shows with its current paired one phase on (cos 105..165 deg) or one back (cos 75..135 deg)."""
SUM_TOLERANCE, LEAST_POWER_W = 0.05, 50.0
FACTOR_TOLERANCE = 0.10
VOLTAGE_TOLERANCE = 0.10
SECONDARY_A = 6.0
"""Transformers give 1 A or 5 A at their rating, and a little more above it."""

Three = tuple[float | None, float | None, float | None]
NOTHING: Three = (None, None, None)


@dataclass(frozen=True, slots=True)
class PhaseValues:
    """One moment of a meter, in V, A, W and 1, by phase; `ct` is the ratio set, None if there is no such setting."""

    voltage_v: Three = NOTHING
    current_a: Three = NOTHING
    power_w: Three = NOTHING
    power_factor: Three = NOTHING
    total_power_w: float | None = None
    ct: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A suspicion: `code` names a text `plausibility.<code>`, filled with `words`."""

    code: str
    phases: tuple[int, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)

    @property
    def words(self) -> dict[str, str | float]:
        """What the text needs: `phases` such as `L1, L3`, and the facts."""
        return {"phases": ", ".join(f"L{phase}" for phase in self.phases), **self.facts}


def phase_values(values: Mapping[str, object], ct: float | None = None) -> PhaseValues:
    """The moment told by readings (base units) by point name; values that are missing or no numbers are None."""
    return PhaseValues(
        voltage_v=_three(values, "Voltage"),
        current_a=_three(values, "Current"),
        power_w=_three(values, "Power/Active"),
        power_factor=_three(values, "PowerFactor"),
        total_power_w=_number(values.get("Power/Active/Total")),
        ct=ct,
    )


def findings(values: PhaseValues, *, may_feed_back: bool = False) -> list[Finding]:
    """Everything suspicious. `may_feed_back`: power may flow out of the building here (photovoltaics, storage)."""
    ratios = _ratios(values)
    # Angles worked out with a wrong ratio would only add wrong suspicions.
    wiring = [] if any(one.code == "ratio_mismatch" for one in ratios) else _wiring(values, may_feed_back)
    return [*_voltages(values), *wiring, *_sum(values), *ratios]


def _wiring(values: PhaseValues, may_feed_back: bool) -> list[Finding]:
    """Reversed currents and wrong pairs; the simplest explanation that fits all loaded phases."""
    shown = _shown_factors(values)
    if not shown or any(abs(factor) > 1 + FACTOR_TOLERANCE for factor in shown.values()):
        return []
    negative = tuple(phase for phase, factor in shown.items() if _is_in(-factor, ORDINARY))
    ordinary = [phase for phase, factor in shown.items() if _is_in(factor, ORDINARY)]
    if len(negative) + len(ordinary) == len(shown):
        if negative and ordinary:
            return [Finding("reversed_current", negative)]
        return [Finding("all_reversed", negative)] if negative and not may_feed_back else []
    if len(shown) == len(PHASES):
        return _pairs(shown, ordinary)
    return []


def _pairs(shown: Mapping[int, float], ordinary: list[int]) -> list[Finding]:
    others = [phase for phase in PHASES if phase not in ordinary]
    if len(ordinary) == 1:
        one, other = (shown[phase] for phase in others)
        if (_is_in(one, LATE) and _is_in(other, EARLY)) or (_is_in(one, EARLY) and _is_in(other, LATE)):
            return [Finding("swapped_phases", tuple(others))]
    if not ordinary and (_all_in(shown, LATE) or _all_in(shown, EARLY)):
        return [Finding("rotated_phases", PHASES)]
    return []


def _voltages(values: PhaseValues) -> list[Finding]:
    known = {phase: value for phase, value in zip(PHASES, values.voltage_v, strict=True) if value is not None}
    if len(known) < len(PHASES):
        return []
    usual = median(known.values())
    missing = tuple(phase for phase, value in known.items() if value < LEAST_VOLTAGE_V)
    odd = tuple(
        phase
        for phase, value in known.items()
        if phase not in missing and abs(value - usual) > VOLTAGE_TOLERANCE * usual
    )
    found = [Finding("voltage_missing", missing)] if missing else []
    return [*found, Finding("voltage_uneven", odd, {"usual_v": usual})] if odd and not missing else found


def _sum(values: PhaseValues) -> list[Finding]:
    total = values.total_power_w
    powers = [value for value in values.power_w if value is not None]
    if total is None or len(powers) < len(PHASES):
        return []
    size = max(abs(total), sum(abs(value) for value in powers))
    if abs(sum(powers) - total) <= max(SUM_TOLERANCE * size, LEAST_POWER_W):
        return []
    return [Finding("sum_mismatch", (), {"sum_w": sum(powers), "total_w": total})]


def _ratios(values: PhaseValues) -> list[Finding]:
    """Power and current that do not belong to one ratio, and a ratio that nobody has set."""
    factors = _power_factors_needed(values)
    if factors and max(factors) - min(factors) <= FACTOR_TOLERANCE * abs(median(factors)):
        factor = median(factors)
        if abs(factor - 1) > FACTOR_TOLERANCE:
            return [Finding("ratio_mismatch", (), {"factor": factor})]
    currents = [value for value in values.current_a if value is not None]
    if values.ct == 1 and currents and LEAST_CURRENT_A <= max(map(abs, currents)) <= SECONDARY_A:
        return [Finding("ct_not_set", (), {"most_a": max(map(abs, currents))})]
    return []


def _power_factors_needed(values: PhaseValues) -> list[float]:
    """P / (U * I * PF) per loaded phase, which is 1; without a PF only what exceeds U * I can be judged."""
    needed = []
    for phase, shown in _shown_factors(values).items():
        told = values.power_factor[phase - 1]
        if told is not None and abs(told) >= 0.5:
            needed.append(abs(shown / told))
        elif abs(shown) > 1 + FACTOR_TOLERANCE:
            needed.append(abs(shown))
    return needed


def _shown_factors(values: PhaseValues) -> dict[int, float]:
    """P / (U * |I|) of every loaded phase."""
    shown = {}
    for phase, voltage, current, power in zip(PHASES, values.voltage_v, values.current_a, values.power_w, strict=True):
        if voltage is None or current is None or power is None:
            continue
        if voltage >= LEAST_VOLTAGE_V and abs(current) >= LEAST_CURRENT_A:
            shown[phase] = power / (voltage * abs(current))
    return shown


def _is_in(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1] + FACTOR_TOLERANCE * (limits[1] == ORDINARY[1])


def _all_in(shown: Mapping[int, float], limits: tuple[float, float]) -> bool:
    return all(_is_in(value, limits) for value in shown.values())


def _three(values: Mapping[str, object], folder: str) -> Three:
    one, two, three = (_number(values.get(f"{folder}/L{phase}")) for phase in PHASES)
    return one, two, three


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
