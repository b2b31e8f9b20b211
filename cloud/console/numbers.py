"""Values as people read them: base units to display units, separators, times in local time, ages in words.

A missing value reads as a dash, never as 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.calendar import to_local
from device_profiles.profile import Point
from foundation.texts import Language, load_texts
from gateway.messages import Value

MISSING = "—"


@dataclass(frozen=True, slots=True)
class Scale:
    """How a base unit is shown: divided by `divisor`, with `decimals` places below 1,000 shown units."""

    divisor: float
    unit: str
    decimals: int


SCALES: dict[str, Scale] = {
    "W": Scale(1000, "kW", 1),
    "var": Scale(1000, "kvar", 1),
    "VA": Scale(1000, "kVA", 1),
    "Wh": Scale(1000, "kWh", 1),
    "varh": Scale(1000, "kvarh", 1),
    "VAh": Scale(1000, "kVAh", 1),
    "J": Scale(1e9, "GJ", 2),
    "J/h": Scale(1e6, "MJ/h", 1),
    "V": Scale(1, "V", 1),
    "A": Scale(1, "A", 2),
    "Hz": Scale(1, "Hz", 2),
    "L": Scale(1000, "m³", 2),
    "L/h": Scale(1000, "m³/h", 2),
    "°C": Scale(1, "°C", 1),
    "%RH": Scale(1, "%RH", 0),
    "W/m2": Scale(1, "W/m²", 0),
    "km/h": Scale(1, "km/h", 1),
    "m": Scale(1000, "km", 1),
    "°": Scale(1, "°", 1),
    "s": Scale(1, "s", 0),
    "1": Scale(1, "", 3),
    "count": Scale(1, "", 0),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A number ready for the screen; `text` is a dash when there is none."""

    text: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.unit}".rstrip()


def scale_of(unit: str) -> Scale:
    """How values of a base unit are shown; a unit without a rule is shown as it is."""
    return SCALES.get(unit, Scale(1, unit, 2))


def show(value: float | None, unit: str, *, decimals: int | None = None) -> Shown:
    """A value in base units as text in its display unit: `183250, "W"` reads `183.3 kW`; None reads as a dash."""
    scale = scale_of(unit)
    if value is None:
        return Shown(MISSING, scale.unit)
    return Shown(grouped(value / scale.divisor, scale.decimals if decimals is None else decimals), scale.unit)


def show_value(value: Value, unit: str, language: Language, point: Point | None = None) -> Shown:
    """Any point value; `point` is what the profile says of it: labels of states, and the unit that people know."""
    if point is not None and point.labels and isinstance(value, int) and value in point.labels:
        label = point.labels[value]
        key = f"profile.label.{label}"
        return Shown(load_texts()(key, language) if key in load_texts() else label)
    if isinstance(value, bool):
        return Shown(load_texts()("console.value.on" if value else "console.value.off", language))
    if isinstance(value, str):
        return Shown(value or MISSING)
    if value is not None and point is not None and point.unit == "%":
        return Shown(grouped(100 * value, 0), "%")
    if isinstance(value, int) and unit in ("1", "count", ""):
        return Shown(grouped(value, 0))
    return show(value, unit)


def grouped(number: float, decimals: int) -> str:
    """`1234567.25, 1` reads `1,234,567.3`; minus zero reads as zero."""
    text = f"{number:,.{decimals}f}"
    return text.lstrip("-") if not any(digit in text for digit in "123456789") else text


def percent(part: float, whole: float) -> int | None:
    """Share in whole percent; None when there is no whole."""
    return round(100 * part / whole) if whole > 0 else None


def clock_time(at_ms: int | None) -> str:
    """`14:02:31`, local time."""
    return to_local(at_ms).strftime("%H:%M:%S") if at_ms is not None else MISSING


def date_time(at_ms: int | None) -> str:
    """`2026-09-28 14:02:31`, local time."""
    return to_local(at_ms).strftime("%Y-%m-%d %H:%M:%S") if at_ms is not None else MISSING


def near_time(at_ms: int, now_ms: int) -> str:
    """Time of day for today, with month and day before that."""
    at, now = to_local(at_ms), to_local(now_ms)
    if at.date() == now.date():
        return at.strftime("%H:%M:%S")
    return at.strftime("%m-%d %H:%M" if at.year == now.year else "%Y-%m-%d %H:%M")


_AGE_STEPS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def age(since_ms: int | None, now_ms: int, language: Language) -> str:
    """How long ago, in the largest whole unit: `12 s`, `3 min`, `2 h`, `5 d`; a dash when never."""
    if since_ms is None:
        return MISSING
    seconds = max(0, (now_ms - since_ms) // 1000)
    size, name = next((step for step in _AGE_STEPS if seconds >= step[0]), _AGE_STEPS[-1])
    return load_texts()(f"console.age.{name}", language, n=f"{seconds // size:,}")
