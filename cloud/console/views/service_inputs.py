"""Between a service of the catalogue and a form: which inputs it has, and what was entered as its request keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cloud.console.components.field_inputs import FieldInput, InputType
from cloud.console.session import Viewer
from cloud.core.calendar import LOCAL
from cloud.services.catalogue import Service, ServiceField
from cloud.services.inputs import Input
from foundation.clock import to_ms

LONG = frozenset({"description", "text"})
"""Fields that hold whole sentences."""


def inputs_of(service: Service, viewer: Viewer, *, has_note: bool = True) -> list[FieldInput]:
    """The form: start and end of a booking, the service's fields with flags last, a note."""
    say = viewer.say
    fields = [_input(name, field, viewer) for name, field in service.fields.items()]
    if service.booking is not None:
        times = [FieldInput(name, say(f"console.request.{name}"), "time", required=True) for name in ("start", "end")]
        fields = times + fields
    fields.sort(key=lambda one: (one.type == "flag", one.type == "long_text"))
    return [*fields, FieldInput("note", say("console.request.note"), "long_text")] if has_note else fields


def entered_inputs(service: Service, entered: Mapping[str, Any]) -> dict[str, Input]:
    """What was entered for the service's own fields; whole numbers are integers where the field wants them."""
    return {name: _value(field, entered[name]) for name, field in service.fields.items() if name in entered}


def local_ms(text: object) -> int | None:
    """`2026-11-25T09:30` or with a space, local time, as UTC milliseconds; None for nothing or nonsense."""
    try:
        return to_ms(datetime.fromisoformat(str(text)).replace(tzinfo=LOCAL)) if text else None
    except ValueError:
        return None


def _input(name: str, field: ServiceField, viewer: Viewer) -> FieldInput:
    choices = tuple((code, names[viewer.language]) for code, names in field.choices.items())
    type_: InputType = "long_text" if field.type == "text" and name in LONG else field.type
    return FieldInput(name, field.label[viewer.language], type_, required=field.required, choices=choices)


def _value(field: ServiceField, value: Any) -> Input:
    if field.type == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    kept: Input = value
    return kept
