"""Which identifiers to ask for, how long their data must be, and the readings in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from device_profiles.data_field import DataField
from device_profiles.point import Point
from device_profiles.profile import Profile
from device_profiles.quantity import Unit
from edge_agent.drivers.identified.numbers import raw_number
from edge_agent.drivers.scaling import engineering_value, ratio_of
from gateway.messages import Quality, Reading


def field_of(point: Point) -> DataField:
    """Where the point lies; ValueError for a point without data."""
    if point.data is None:
        raise ValueError(f"{point.name} has no data identifier")
    return point.data


def identifiers_of(points: Sequence[Point]) -> list[int]:
    """One request each: the identifiers of `points`, each once, in order."""
    return sorted({field_of(point).id for point in points})


def length_of(profile: Profile, points: Sequence[Point], identifier: int) -> int:
    """Bytes of data that this model sends for `identifier`: as far as the fields of its profile (and `points`) reach.

    Data of any other length are not what the profile describes, and its offsets would show wrong values.
    """
    return max(
        point.data.end
        for point in (*profile.all_points, *points)
        if point.data is not None and point.data.id == identifier
    )


def decode_block(
    points: Sequence[Point],
    params: Mapping[str, Decimal],
    identifier: int,
    data: bytes,
    measured_ms: int,
    units: Mapping[int, Unit],
) -> list[Reading]:
    """Readings, in base units, of those of `points` that lie under `identifier`; `params` are those in force.

    A value that the meter does not have is None and GOOD; digits or units that mean nothing are None and BAD.
    """
    readings = []
    for point in points:
        field = field_of(point)
        if field.id != identifier:
            continue
        raw = raw_number(point, field, data, units)
        if raw.number is None:
            readings.append(Reading(point.name, None, measured_ms, raw.quality))
        else:
            value, quality = engineering_value(point, raw.number, ratio_of(point, params))
            readings.append(Reading(point.name, value, measured_ms, quality))
    return readings


def unread(points: Sequence[Point], identifier: int, at_ms: int) -> list[Reading]:
    """The same points when their data could not be had: None and BAD."""
    return [Reading(point.name, None, at_ms, Quality.BAD) for point in points if field_of(point).id == identifier]
