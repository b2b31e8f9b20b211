"""An indicator's value, bounds and inputs as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud.console.numbers import MISSING
from cloud.console.session import Viewer
from cloud.evaluation.indicator import Indicator
from cloud.reporting.display import unit_text
from foundation.texts import load_texts

SMALL = 1.0


def value_words(value: float | None, indicator: Indicator, viewer: Viewer) -> str:
    """A share in per cent, anything else with its unit; a dash for None."""
    if value is None:
        return MISSING
    if indicator.unit == "1":
        return f"{100 * value:.1f} %"
    decimals = 2 if 0 < abs(value) < SMALL else 1
    return f"{value:,.{decimals}f} {indicator_unit(indicator, viewer)}".rstrip()


def indicator_unit(indicator: Indicator, viewer: Viewer) -> str:
    """The unit in the reader's language; shares have none."""
    key = f"evaluation.unit.{indicator.unit}"
    if key in load_texts():
        return viewer.say(key)
    return "" if indicator.unit == "1" else unit_text(indicator.unit, viewer.language)


def input_rows(inputs: Mapping[str, Any], viewer: Viewer) -> list[tuple[str, str]]:
    """Names and values of what an indicator was worked out from."""
    return [(input_name(name, viewer), input_words(value, viewer)) for name, value in inputs.items()]


def input_name(name: str, viewer: Viewer) -> str:
    """What an input is called; one that nobody has named reads as itself."""
    key = f"evaluation.input.{name}"
    return viewer.say(key) if key in load_texts() else name


def input_words(value: Any, viewer: Viewer) -> str:
    """A value of any kind; carriers and sources of a mapping by their names."""
    if isinstance(value, Mapping):
        parts = [f"{_code(one, viewer)} {input_words(of_one, viewer)}" for one, of_one in value.items()]
        return viewer.say("forecast.part_separator").join(parts)
    if isinstance(value, list | tuple):
        return viewer.say("forecast.part_separator").join(input_words(one, viewer) for one in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _code(value, viewer)
    return f"{value:,.2f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"


def _code(value: Any, viewer: Viewer) -> str:
    texts = load_texts()
    families = ("energy_account.carrier", "energy_account.source", "report.factor_set")
    keys = (f"{family}.{value}" for family in families)
    return next((viewer.say(key) for key in keys if key in texts), str(value))
