"""Readings as the lines that the store sends, without anything that the store does around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cloud.adapters.influx.lines import escape, field_texts, prefix
from device_profiles.measurements import store_field
from gateway.messages import Reading


def bare_lines(group: str, device: str, tags: Mapping[str, str], readings: Iterable[Reading]) -> list[str]:
    """What belongs to one measurement and moment in one line."""
    fields: dict[tuple[str, int], list[str]] = {}
    for one in readings:
        place = store_field(one.point)
        texts = fields.setdefault((place.measurement, one.measured_ms), [])
        texts.append(field_texts(escape(place.field), one.value, one.quality))
    all_tags = {"group": group, "device": device, **tags}
    return [f"{prefix(name, all_tags)} {','.join(texts)} {at_ms}" for (name, at_ms), texts in fields.items()]
