"""SunSpec: from offsets in models to registers, once it is known where a device keeps its models.

SunSpec Device Information Model Specification 1.1; model definitions: github.com/sunspec/models (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """Where one device keeps a model: address of the id register, and the words that it has behind id and length."""

    address: int
    length: int


Directory = Mapping[int, ModelPlace]
"""Model id -> its place in one device."""


def declared_models(profile: Profile) -> dict[int, int]:
    """Models that the points name (of alternatives the first) -> words that they need behind id and length."""
    lengths: dict[int, int] = {}
    for point in profile.all_points:
        if point.sunspec is not None and point.type is not None:
            model = point.sunspec.models[0]
            lengths[model] = max(lengths.get(model, 0), _needed(point))
    return lengths


def cut_off(profile: Profile, directory: Directory) -> dict[int, tuple[str, ...]]:
    """Models that are shorter in the device than the profile needs -> points that lie beyond their ends.

    A longer model is none: repeating blocks and later editions stand behind what the profile knows.
    """
    missing: dict[int, tuple[str, ...]] = {}
    for point in profile.all_points:
        model = _model_of(point, directory)
        if model is not None and _needed(point) > directory[model].length:
            missing[model] = (*missing.get(model, ()), point.name)
    return missing


def resolved(profile: Profile, directory: Directory) -> Profile:
    """The profile with the registers of one device.

    Points of models that it lacks, and those that reach beyond the end of theirs, keep no register.
    """
    return profile.model_copy(
        update={
            "points": tuple(_resolved(point, directory) for point in profile.points),
            "writable": tuple(_resolved(point, directory) for point in profile.writable),
        }
    )


def _resolved(point: AnyPoint, directory: Directory) -> AnyPoint:
    place, model = point.sunspec, _model_of(point, directory)
    if place is None or model is None or _needed(point) > directory[model].length:
        return point
    base = directory[model].address
    # Built anew, not copied: a copy would keep the place worked out before.
    return type(point).model_validate(
        point.model_dump(exclude_unset=True)
        | {"sunspec": None, "table": "holding", "address": base + place.offset}
        | ({} if point.scale_ref is None else {"scale_ref": base + point.scale_ref})
        | _writes(point, base)
        | ({} if point.sentinel else {"sentinel": _not_implemented(point)})
    )


def _model_of(point: Point, directory: Directory) -> int | None:
    models = () if point.sunspec is None else point.sunspec.models
    return next((model for model in models if model in directory), None)


def _needed(point: Point) -> int:
    """Words behind id and length that a model must have for the point, with what its reading and writing touch."""
    if point.sunspec is None or point.type is None:
        return 0
    ends = [point.sunspec.offset + words_of(point.type), *(offset + 1 for offset in _neighbours(point))]
    return max(ends) - 2


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
