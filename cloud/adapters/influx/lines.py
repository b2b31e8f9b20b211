"""Readings as line protocol: one line per device, measurement and moment; fields as `device_profiles.measurements`.

A field holds GOOD values only, so that means and boards need no filter. Any other reading is kept beside it: its
quality in `<field>_q`, its value, if it has one, in `<field>_bad`. A GOOD reading without value has quality alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from gateway.messages import Quality, Value

QUALITY, BAD = "_q", "_bad"
_NAME = re.compile(r"([,= \\])")
_LARGEST = 2**63 - 1

Tags = Mapping[str, str]


def prefix(measurement: str, tags: Tags) -> str:
    """Measurement and tags in the order that the server likes best; an empty tag is left out."""
    written = (f"{escape(name)}={escape(tags[name])}" for name in sorted(tags) if tags[name])
    return ",".join((escape(measurement), *written))


@lru_cache(maxsize=10_000)
def escape(name: str) -> str:
    """A measurement, tag or field name as line protocol wants it; a line break would end the line."""
    return _NAME.sub(r"\\\1", name.replace("\n", " ").replace("\r", " "))


def field_text(value: Value) -> str:
    """A field value with its type."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        check(value)
        return f"{value}i"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def check(value: Value) -> None:
    """Raises OverflowError for an integer that no field can hold."""
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        raise OverflowError(f"{value} does not fit into 64 bits")


def joined(lines: Iterable[str]) -> bytes:
    return "\n".join(lines).encode()


def field_texts(name: str, value: Value, quality: Quality) -> str:
    """The fields of one reading, several joined by commas; `name` is the field's, escaped.

    An integer beyond 64 bits raises OverflowError.
    """
    if quality is Quality.GOOD and value is not None:
        return f"{name}={field_text(value)}"
    kept = f"{name}{QUALITY}={int(quality)}i"
    return kept if value is None else f"{kept},{name}{BAD}={field_text(value)}"
