"""How much of the energy use the weather explains: degree days, a regression with inference, and normalisation.

Method: ordinary least squares of daily energy on cooling and heating degree days and on whether it was a working day
(the model of ASHRAE Guideline 14 and ISO 50006); bases 26 and 18 °C as in Chinese building standards (CDD26, HDD18).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COOLING_BASE_C, HEATING_BASE_C = 26.0, 18.0
LEAST_DAYS = 21
MOST_P_VALUE = 0.05
LEAST_R2 = 0.5
TERMS = ("constant", "cooling", "heating", "workday")


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its energy in Wh, mean outdoor temperature in °C, and whether offices worked."""

    energy_wh: float
    mean_c: float
    is_workday: bool

    @property
    def cooling(self) -> float:
        """Cooling degree days, K·d."""
        return max(0.0, self.mean_c - COOLING_BASE_C)

    @property
    def heating(self) -> float:
        """Heating degree days, K·d."""
        return max(0.0, HEATING_BASE_C - self.mean_c)


@dataclass(frozen=True, slots=True)
class WeatherModel:
    """Wh per day = constant + cooling * CDD + heating * HDD + workday. Only significant weather terms are kept.

    `p_values` are two-sided; `is_usable` when at least one weather term is significant and R2 is high enough.
    """

    coefficients: Mapping[str, float]
    p_values: Mapping[str, float]
    r2: float
    days: int

    @property
    def is_usable(self) -> bool:
        weather = [self.p_values[one] for one in ("cooling", "heating") if one in self.p_values]
        return self.r2 >= LEAST_R2 and any(p_value <= MOST_P_VALUE for p_value in weather)

    def weather_wh(self, cooling: float, heating: float) -> float:
        """What the model says that so many degree days have cost."""
        return self.coefficients.get("cooling", 0.0) * cooling + self.coefficients.get("heating", 0.0) * heating


def fit(days: Sequence[Day]) -> WeatherModel | None:
    """The model of these days; None when there are too few, or all are the same.

    A weather term that is insignificant or has the wrong sign is dropped, and the rest fitted again.
    """
    if len(days) < LEAST_DAYS or len({one.energy_wh for one in days}) == 1:
        return None
    columns = {
        "cooling": [one.cooling for one in days],
        "heating": [one.heating for one in days],
        "workday": [float(one.is_workday) for one in days],
    }
    used = [name for name, values in columns.items() if len(set(values)) > 1]
    while True:
        model = _least_squares([one.energy_wh for one in days], {name: columns[name] for name in used})
        weak = [
            name
            for name in used
            if name != "workday" and (model.p_values[name] > MOST_P_VALUE or model.coefficients[name] <= 0)
        ]
        if not weak:
            return model
        used.remove(max(weak, key=lambda name: model.p_values[name]))


def normalise(model: WeatherModel, energy_wh: float, days: Sequence[Day], normal: Sequence[Day]) -> float:
    """The energy of `days` as it would have been under the weather of `normal`, scaled to the same number of days.

    At least a tenth of the energy is left, whatever the model says.
    """
    scale = len(days) / len(normal)
    real = model.weather_wh(sum(one.cooling for one in days), sum(one.heating for one in days))
    usual = model.weather_wh(sum(one.cooling for one in normal) * scale, sum(one.heating for one in normal) * scale)
    return max(energy_wh - real + usual, energy_wh / 10)


def _least_squares(energy: Sequence[float], columns: Mapping[str, Sequence[float]]) -> WeatherModel:
    # Here and not above: the package takes a second to load, and most processes never need it.
    import numpy as np
    from statsmodels.regression.linear_model import OLS  # type: ignore[import-untyped]

    names = ["constant", *columns]
    design = np.column_stack([np.ones(len(energy)), *columns.values()])
    result = OLS(np.asarray(energy, dtype=float), design).fit()
    return WeatherModel(
        coefficients={name: float(value) for name, value in zip(names, result.params, strict=True)},
        p_values={name: float(value) for name, value in zip(names, result.pvalues, strict=True)},
        r2=float(result.rsquared),
        days=len(energy),
    )
