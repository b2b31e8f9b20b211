"""SunSpec: from offsets in models to registers, once it is known where a device keeps its models.

SunSpec Device Information Model Specification 1.1; model definitions: github.com/sunspec/models (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from device_profiles.point import Point, WritablePoint
from device_profiles.profile import Profile
from device_profiles.register import words_of

AnyPoint = TypeVar("AnyPoint", bound=Point)

MARKER = (0x5375, 0x6E53)
"""The words "SunS" before the first model."""

END = 0xFFFF
"""The id that ends the list of models."""

NOT_IMPLEMENTED: dict[str, int] = {
    "int16": 0x8000, "uint16": 0xFFFF, "enum16": 0xFFFF, "bitfield16": 0xFFFF, "sunssf": 0x8000,
    "int32": 0x8000_0000, "uint32": 0xFFFF_FFFF, "bitfield32": 0xFFFF_FFFF, "float32": 0x7FC0_0000,
    "int64": 0x8000_0000_0000_0000, "uint64": 0xFFFF_FFFF_FFFF_FFFF, "float64": 0x7FF8_0000_0000_0000,
}  # fmt: skip
"""Register type -> the bits by which a device says that it does not have this value."""

Directory = Mapping[int, int]
"""Model id -> address of its id register in one device."""


def declared_models(profile: Profile) -> dict[int, int]:
    """Models that the points name (of alternatives the first) -> words that they need behind id and length."""
    lengths: dict[int, int] = {}
    for point in profile.all_points:
        if point.sunspec is not None and point.type is not None:
            ends = [point.sunspec.offset + words_of(point.type), *(offset + 1 for offset in _neighbours(point))]
            model = point.sunspec.models[0]
            lengths[model] = max(lengths.get(model, 0), max(ends) - 2)
    return lengths


def resolved(profile: Profile, directory: Directory) -> Profile:
    """The profile with the registers of one device; points of models that it lacks keep no register."""
    return profile.model_copy(
        update={
            "points": tuple(_resolved(point, directory) for point in profile.points),
            "writable": tuple(_resolved(point, directory) for point in profile.writable),
        }
    )


def _resolved(point: AnyPoint, directory: Directory) -> AnyPoint:
    place = point.sunspec
    if place is None:
        return point
    base = next((directory[model] for model in place.models if model in directory), None)
    if base is None:
        return point
    # Built anew, not copied: a copy would keep the place worked out before.
    return type(point).model_validate(
        point.model_dump(exclude_unset=True)
        | {"sunspec": None, "table": "holding", "address": base + place.offset}
        | ({} if point.scale_ref is None else {"scale_ref": base + point.scale_ref})
        | _writes(point, base)
        | ({} if point.sentinel else {"sentinel": _not_implemented(point)})
    )


def _writes(point: Point, base: int) -> dict[str, Any]:
    if not isinstance(point, WritablePoint):
        return {}
    return {"write_with": {base + offset: word for offset, word in point.write_with.items()}}


def _not_implemented(point: Point) -> tuple[int, ...]:
    bits = NOT_IMPLEMENTED.get(point.type or "")
    return () if bits is None else (bits,)


def _neighbours(point: Point) -> list[int]:
    """Other offsets that reading or writing the point touches."""
    written = point.write_with if isinstance(point, WritablePoint) else {}
    return [*written, *([] if point.scale_ref is None else [point.scale_ref])]
