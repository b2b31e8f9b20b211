"""Inputs made from a description of fields, as services, records and forms of the institution give them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nicegui import ui

from cloud.console.components.tag import tag

InputType = Literal["text", "long_text", "choice", "integer", "number", "day", "time", "flag", "secret"]


@dataclass(frozen=True, slots=True)
class FieldInput:
    """One input. `choices` by value with the words shown; a day is `2026-11-25`, a time `2026-11-25 09:30`."""

    name: str
    label: str
    type: InputType = "text"
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    value: Any = None
    unit: str = ""


class FieldInputs:
    """The inputs of a form; `values` gives what was entered, empty ones left out.

    `on_change` hears of days and times.
    """

    def __init__(self, fields: Sequence[FieldInput], on_change: Callable[[], Awaitable[None]] | None = None) -> None:
        self._inputs: dict[str, Any] = {}
        with ui.element("div").classes("xt-form"):
            for field in fields:
                self._inputs[field.name] = tag(_input(field), f"input-{field.name}")
                if on_change is not None and field.type in ("day", "time"):
                    self._inputs[field.name].on_value_change(on_change)

    def values(self) -> dict[str, Any]:
        entered = {name: one.value for name, one in self._inputs.items()}
        return {name: value for name, value in entered.items() if value not in (None, "")}


def _input(field: FieldInput) -> Any:
    label = f"{field.label} *" if field.required else field.label
    if field.unit:
        label = f"{label} ({field.unit})"
    if field.type == "choice":
        return ui.select(dict(field.choices), label=label, value=field.value).props("dense outlined")
    if field.type == "flag":
        return ui.switch(label, value=bool(field.value)).props("dense")
    if field.type in ("integer", "number"):
        return ui.number(label, value=field.value).props("dense outlined")
    if field.type == "long_text":
        return ui.textarea(label, value=field.value or "").props("dense outlined autogrow").classes("xt-whole")
    element = ui.input(label, value=field.value or "").props("dense outlined")
    if field.type == "secret":
        element.props("type=password autocomplete=new-password")
    if field.type == "day":
        element.props("type=date stack-label")
    if field.type == "time":
        element.props("type=datetime-local stack-label")
    return element
