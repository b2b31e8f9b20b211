"""What no single key tells about a profile whose values stand under data identifiers (DL/T 645, CJ/T 188)."""

from __future__ import annotations

from collections.abc import Iterator

from device_profiles.point import Point
from device_profiles.profile import DATA_DRIVERS, Profile

_LARGEST_ID = {"dlt645": 0xFFFF_FFFF, "cjt188": 0xFFFF}
_LONGEST_DATA = {"dlt645": 196, "cjt188": 97}
"""Bytes of data in one reply beside identifier and serial number; DL/T 645 sends more in follow-up frames."""

_NEEDED_PARAMS: dict[str, tuple[str, ...]] = {"dlt645": (), "cjt188": ("meter_type", "id_high_first")}
"""CJ/T 188: type code of the meter (16 cold water, 32 heat ...), and whether identifiers travel high byte first."""


def data_problems(profile: Profile) -> Iterator[tuple[str, str]]:
    """Key and reason of every problem with the data fields of `profile`."""
    if profile.driver not in DATA_DRIVERS:
        if any(probe.data is not None for probe in profile.probe):
            yield "probe", f"a {profile.driver} device has no data fields"
        return
    if profile.gates:
        yield "gates", f"a {profile.driver} profile has no gates"
    for name in _NEEDED_PARAMS[profile.driver]:
        if name not in profile.params:
            yield f"params.{name}", f"a {profile.driver} profile needs it"
    for index, probe in enumerate(profile.probe):
        if probe.data is None:
            yield f"probe.{index}", f"a {profile.driver} device is probed by data, not by a register"
    for point in profile.all_points:
        yield from _field_problems(point, profile.driver)
    yield from _overlaps(profile.all_points)


def _field_problems(point: Point, driver: str) -> Iterator[tuple[str, str]]:
    field = point.data
    if field is None:
        return
    if field.id > _LARGEST_ID[driver]:
        yield f"{point.name}.data.id", f"{field.id:#x} is longer than an identifier of {driver}"
    if driver == "cjt188" and field.end > _LONGEST_DATA[driver]:
        yield f"{point.name}.data.at", f"reaches beyond the {_LONGEST_DATA[driver]} bytes of a reply"
    if field.unit_code and driver != "cjt188":
        yield f"{point.name}.data.unit_code", "only CJ/T 188 tells its units"
    if field.unit_code and point.offset:
        yield f"{point.name}.offset", "a value in a unit told by the meter has no offset"
    if point.fraction is not None:
        yield f"{point.name}.fraction", "only registers have a fraction"
    if point.kind == "text":
        yield f"{point.name}.kind", "data are numbers"
    if point.mask is not None and field.coding != "binary":
        yield f"{point.name}.data.coding", "a mask needs binary data"


def _overlaps(points: tuple[Point, ...]) -> Iterator[tuple[str, str]]:
    placed = [(point, point.data) for point in points if point.data is not None and point.mask is None]
    for index, (point, field) in enumerate(placed):
        for earlier, other in placed[:index]:
            if field.id == other.id and field.at < other.end and other.at < field.end:
                yield (
                    f"{point.name}.data.at",
                    f"overlaps {earlier.name} ({other.id:#010x}, bytes {other.at} to {other.end})",
                )
