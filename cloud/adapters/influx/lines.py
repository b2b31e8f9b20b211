"""Readings as line protocol: one line per device, measurement and moment; fields as `device_profiles.measurements`.

A field holds GOOD values only, so that means and boards need no filter. Any other reading is kept beside it: its
quality in `<field>_q`, its value, if it has one, in `<field>_bad`. A GOOD reading without value has quality alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cloud.core.series import SeriesKey
from device_profiles.measurements import store_field
from gateway.messages import Quality, Value

QUALITY, BAD = "_q", "_bad"
_NAME = re.compile(r"([,= \\])")
_LARGEST = 2**63 - 1

Tags = Mapping[str, str]


def line(key: SeriesKey, tags: Tags, at_ms: int, value: Value, quality: Quality) -> str:
    """One reading. An integer beyond 64 bits raises OverflowError."""
    place = store_field(key.point)
    fields = ",".join(f"{escape(name)}={text}" for name, text in _fields(place.field, value, quality))
    return f"{prefix(place.measurement, {'group': key.group, 'device': key.device, **tags})} {fields} {at_ms}"


def prefix(measurement: str, tags: Tags) -> str:
    """Measurement and tags in the order that the server likes best; an empty tag is left out."""
    written = (f"{escape(name)}={escape(tags[name])}" for name in sorted(tags) if tags[name])
    return ",".join((escape(measurement), *written))


def escape(name: str) -> str:
    """A measurement, tag or field name as line protocol wants it; a line break would end the line."""
    return _NAME.sub(r"\\\1", name.replace("\n", " ").replace("\r", " "))


def field_text(value: Value) -> str:
    """A field value with its type."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not -_LARGEST <= value <= _LARGEST:
            raise OverflowError(f"{value} does not fit into 64 bits")
        return f"{value}i"
    if isinstance(value, float):
        return repr(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def joined(lines: Iterable[str]) -> bytes:
    return "\n".join(lines).encode()


def _fields(field: str, value: Value, quality: Quality) -> list[tuple[str, str]]:
    if quality is Quality.GOOD and value is not None:
        return [(field, field_text(value))]
    kept = [(field + QUALITY, f"{int(quality)}i")]
    if value is not None:
        kept.append((field + BAD, field_text(value)))
    return kept
