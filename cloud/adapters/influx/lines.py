"""Readings as line protocol: one line per device, measurement and moment; fields as `device_profiles.measurements`.

A field holds GOOD values only, so that means and boards need no filter. Any other reading is kept beside it: its
quality in `<field>_q`, its value, if it has one, in `<field>_bad`. A GOOD reading without value has quality alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from device_profiles.measurements import StoreField
from gateway.messages import Quality, Value

QUALITY, BAD = "_q", "_bad"
_NAME = re.compile(r"([,= \\])")
_LARGEST = 2**63 - 1

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """A reading where it is going to stand."""

    place: StoreField
    at_ms: int
    value: Value
    quality: Quality


def lines(group: str, device: str, tags: Tags, placed: Iterable[Placed]) -> list[str]:
    """The readings of one device, what belongs to one measurement and moment in one line.

    An integer beyond 64 bits raises OverflowError.
    """
    fields: dict[tuple[str, int], list[str]] = {}
    for one in placed:
        fields.setdefault((one.place.measurement, one.at_ms), []).extend(_fields(one))
    all_tags = {"group": group, "device": device, **tags}
    heads = {measurement: prefix(measurement, all_tags) for measurement, _ in fields}
    return [f"{heads[measurement]} {','.join(texts)} {at_ms}" for (measurement, at_ms), texts in fields.items()]


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
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        check(value)
        return f"{value}i"
    if isinstance(value, float):
        return repr(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def check(value: Value) -> None:
    """Raises OverflowError for an integer that no field can hold."""
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        raise OverflowError(f"{value} does not fit into 64 bits")


def joined(lines: Iterable[str]) -> bytes:
    return "\n".join(lines).encode()


def _fields(one: Placed) -> list[str]:
    name = one.place.field
    if one.quality is Quality.GOOD and one.value is not None:
        return [f"{escape(name)}={field_text(one.value)}"]
    kept = [f"{escape(name + QUALITY)}={int(one.quality)}i"]
    if one.value is not None:
        kept.append(f"{escape(name + BAD)}={field_text(one.value)}")
    return kept
