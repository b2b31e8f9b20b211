"""What somebody typed into a request, checked against the service's fields."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date

from cloud.services.catalogue import Service, ServiceField
from foundation.errors import DomainError

Input = str | int | float | bool | None

LONGEST_TEXT = 2000
LARGEST_NUMBER = 1e12
# Line breaks and tabs are text; other control characters cannot be stored everywhere.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def checked_inputs(service: Service, given: Mapping[str, Input]) -> dict[str, Input]:
    """The inputs as a request keeps them, empty ones left out; a day stays ISO text.

    Raises DomainError 422: `error.field_unknown`, `error.field_missing`, `error.field_wrong`.
    """
    for name in given:
        if name not in service.fields:
            raise DomainError("error.field_unknown", field=name, service=service.code)
    kept: dict[str, Input] = {}
    for name, field in service.fields.items():
        value = _trimmed(given.get(name))
        if value is not None:
            kept[name] = _CHECKS[field.type](name, field, value)
        elif field.required:
            raise DomainError("error.field_missing", field=name)
    return kept


def _trimmed(value: Input) -> Input:
    if isinstance(value, str):
        return value.strip() or None
    return value


def _text(name: str, _field: ServiceField, value: Input) -> Input:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or _UNPRINTABLE.search(value):
        raise DomainError("error.field_wrong", field=name)
    return value


def _choice(name: str, field: ServiceField, value: Input) -> Input:
    if not isinstance(value, str) or value not in field.choices:
        raise DomainError("error.field_wrong", field=name)
    return value


def _number(name: str, field: ServiceField, value: Input) -> Input:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DomainError("error.field_wrong", field=name)
    if isinstance(value, float) and (field.type == "integer" or not math.isfinite(value)):
        raise DomainError("error.field_wrong", field=name)
    low = -LARGEST_NUMBER if field.minimum is None else field.minimum
    high = LARGEST_NUMBER if field.maximum is None else field.maximum
    if not low <= value <= high:
        raise DomainError("error.out_of_range", field=name, low=low, high=high, given=value)
    return value


def _day(name: str, _field: ServiceField, value: Input) -> Input:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        raise DomainError("error.field_wrong", field=name) from None


def _flag(name: str, _field: ServiceField, value: Input) -> Input:
    if not isinstance(value, bool):
        raise DomainError("error.field_wrong", field=name)
    return value


_CHECKS: Mapping[str, Callable[[str, ServiceField, Input], Input]] = {
    "text": _text,
    "choice": _choice,
    "integer": _number,
    "number": _number,
    "day": _day,
    "flag": _flag,
}
