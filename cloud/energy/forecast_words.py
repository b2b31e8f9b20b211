"""One sentence for a forecast hour and for a measured effect: what it says, within what bounds, and from what."""

from __future__ import annotations

from cloud.core.calendar import to_local
from cloud.energy.breach_event import shown
from cloud.energy.effect import Effect
from cloud.energy.forecast_run import ForecastPoint, ForecastRun
from cloud.energy.forecasting.forecast import BASE
from foundation.texts import Language, load_texts

UNIT = "W"
LEAST_SHOWN = 0.005
"""Parts below this share of the hour are left to the figures."""


def forecast_sentence(run: ForecastRun, point: ForecastPoint, language: Language) -> str:
    """Why this hour is expected to be as it is: the parts that matter, largest first."""
    texts = load_texts()
    parts = sorted(point.parts.items(), key=lambda part: -abs(part[1]))
    told = [(code, amount) for code, amount in parts if abs(amount) >= LEAST_SHOWN * max(point.mean, 1.0)] or parts[:1]
    separator = texts("forecast.part_separator", language)
    return texts(
        "forecast.sentence",
        language,
        at=f"{to_local(point.start_ms):%Y-%m-%d %H:%M}",
        mean=shown(point.mean, UNIT),
        low=shown(point.low, UNIT),
        high=shown(point.high, UNIT),
        parts=separator.join(_part(code, amount, language, len(parts) == 1) for code, amount in told),
        method=texts(f"forecast.method.{run.method}", language),
        days=run.history_days,
    )


def effect_sentence(effect: Effect, language: Language) -> str:
    texts = load_texts()
    return texts(
        "effect.sentence",
        language,
        saved=_energy(effect.saved_wh),
        low=_energy(effect.low_wh),
        high=_energy(effect.high_wh),
        expected=_energy(effect.expected_wh),
        actual=_energy(effect.actual_wh),
        method=texts(f"effect.method.{effect.method}", language),
    )


def _part(code: str, amount: float, language: Language, is_whole: bool) -> str:
    texts = load_texts()
    name = texts(f"forecast.part.{code}", language)
    sign = "" if is_whole or code == BASE else ("+" if amount >= 0 else "−")
    return texts("forecast.part_shown", language, name=name, amount=sign + shown(abs(amount), UNIT))


def _energy(value_wh: float) -> str:
    sign = "−" if value_wh < 0 else ""
    return f"{sign}{abs(value_wh) / 1000:,.2f} kWh"
