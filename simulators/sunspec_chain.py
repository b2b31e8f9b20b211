"""A SunSpec device from inside: the marker, its models one behind the other, and the scale factors it chooses."""

from __future__ import annotations

from device_profiles.profile import Profile, Table
from device_profiles.sunspec import ModelPlace, declared_models, resolved

_BASE = 40_000
_MARKER = (0x5375, 0x6E53)
_LENGTHS = {1: 66, 101: 50, 103: 50, 123: 24, 203: 105}
"""Words of the standard's models behind id and length."""

_NOT_IMPLEMENTED = 0xFFFF
_EXPONENTS = {"voltage": -1, "current": -2, "frequency": -2, "temperature": -1, "ratio": -1}


def placed_in_chain(profile: Profile) -> tuple[Profile, dict[int, int]]:
    """The profile with its registers from address 40000, and every word of the chain that is no point."""
    words = {_BASE: _MARKER[0], _BASE + 1: _MARKER[1]}
    directory: dict[int, ModelPlace] = {}
    address = _BASE + 2
    for model, needed in sorted(declared_models(profile).items()):
        length = max(needed, _LENGTHS.get(model, 0))
        directory[model] = ModelPlace(address, length)
        words |= {address: model, address + 1: length}
        words |= dict.fromkeys(range(address + 2, address + 2 + length), _NOT_IMPLEMENTED)
        address += 2 + length
    words |= {address: 0xFFFF, address + 1: 0}
    return resolved(profile, directory), words


def scale_exponents(profile: Profile) -> dict[tuple[Table, int], int]:
    """Power of ten by the place of its register: finer for quantities that need it."""
    return {
        (point.table, point.scale_ref): _EXPONENTS.get(point.display_unit.quantity, 0)
        for point in profile.all_points
        if point.table is not None and point.scale_ref is not None
    }
