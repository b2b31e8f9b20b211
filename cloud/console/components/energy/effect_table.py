"""What automatic actions have saved: expected, actual, saved with its interval, and why; or why it is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable, Shown
from cloud.console.numbers import MISSING, date_time
from cloud.console.session import Viewer
from cloud.console.views.energy_effects import EffectLine, EnergyEffects
from cloud.energy.effect import Effect
from cloud.energy.forecast_words import effect_sentence

COLUMNS = (("when", False), ("limit", False), ("expected", True), ("actual", True), ("saved", True), ("why", False))

LEAST_WHOLE = 100
"""From here on decimals of a term tell nothing."""


class EffectTable:
    """Measured effects first, then the breaches whose effect could not be measured, with the reason."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        heads = [Column(viewer.say(f"console.effect.column.{name}"), right, nowrap=right) for name, right in COLUMNS]
        self._table = RowTable(heads, viewer.say("console.effect.none"), "effects")

    def show(self, found: EnergyEffects) -> None:
        self._table.show([*map(self._measured, found.measured), *self._unmeasured(found)])

    def _measured(self, line: EffectLine) -> Row:
        effect, say = line.effect, self._viewer.say
        commands = say("console.effect.commands", n=len(effect.command_ids))
        held = say("console.effect.held", minutes=f"{(effect.end_ms - effect.start_ms) / 60_000:,.1f}")
        span = say("console.effect.between", low=kwh(effect.low_wh), high=kwh(effect.high_wh))
        cells: tuple[Shown, ...] = (
            Cell(date_time(effect.start_ms), held),
            Cell(
                line.limit or say("console.effect.limit_gone"),
                commands,
            ),
            f"{kwh(effect.expected_wh)} kWh",
            f"{kwh(effect.actual_wh)} kWh",
            Chip(f"{kwh(effect.saved_wh)} kWh", saved_tone(effect), span),
            Cell(effect_sentence(effect, self._viewer.language), terms_words(effect.terms, self._viewer)),
        )
        return Row(effect.effect_id, cells)

    def _unmeasured(self, found: EnergyEffects) -> Sequence[Row]:
        say = self._viewer.say
        return [
            Row(
                one.breach_id,
                (
                    date_time(found.opened_ms.get(one.breach_id)),
                    found.limits.get(one.breach_id, say("console.effect.limit_gone")),
                    MISSING,
                    MISSING,
                    Chip(say("console.effect.unmeasured"), "orange"),
                    say(f"effect.unmeasured.{one.reason}"),
                ),
            )
            for one in found.unmeasured
        ]


def kwh(value_wh: float) -> str:
    """Watt hours as kWh with two decimals, three below one."""
    value = value_wh / 1000
    return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.2f}"


def saved_tone(effect: Effect) -> str:
    """Green when the whole interval is a saving, red when it is none at all."""
    return "good" if effect.low_wh > 0 else "bad" if effect.high_wh < 0 else "yellow"


def terms_words(terms: Mapping[str, float], viewer: Viewer) -> str:
    """The figures that the method worked with, by name."""
    return " · ".join(f"{viewer.say(f'effect.term.{name}')} {_term(value)}" for name, value in terms.items())


def _term(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= LEAST_WHOLE or value == round(value) else f"{value:,.2f}"
