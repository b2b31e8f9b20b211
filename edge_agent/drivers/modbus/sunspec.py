"""The walk through a SunSpec device: find the marker, then every model behind it.

SunSpec Device Information Model Specification 1.1, "Device discovery": the map begins with "SunS" at one of three
addresses; each model begins with its id and the number of words behind these two; the id 0xFFFF ends the list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from device_profiles.profile import SunspecDevice
from device_profiles.sunspec import END, MARKER, ModelPlace
from foundation.errors import DeviceError, DeviceRefused

ReadHolding = Callable[[int, int], Awaitable[Sequence[int]]]
"""Words of holding registers: address, count; raises DeviceError or LinkError."""

MOST_MODELS = 100
"""A list that goes on for longer is no list."""


class NotSunspec(DeviceError):
    """The device has no list of models, or none of the models that were looked for."""


async def find_models(read: ReadHolding, device: SunspecDevice) -> dict[int, ModelPlace]:
    """Model id -> its place and own length; of models that occur twice the first.

    Raises NotSunspec, and whatever `read` raises except refusals, which only mean that nothing lies at that address.
    """
    for base in device.bases:
        if await _has_marker(read, base):
            found = await _walk(read, base + len(MARKER))
            if found.keys().isdisjoint(device.models):
                raise NotSunspec(f"has SunSpec models {_list(found)}, none of {_list(device.models)}")
            return found
    raise NotSunspec(f"no SunSpec marker at {_list(device.bases)}")


async def _has_marker(read: ReadHolding, base: int) -> bool:
    try:
        return tuple(await read(base, len(MARKER))) == MARKER
    except DeviceRefused:
        return False


async def _walk(read: ReadHolding, address: int) -> dict[int, ModelPlace]:
    found: dict[int, ModelPlace] = {}
    for _ in range(MOST_MODELS):
        model, length = await read(address, 2)
        if model == END:
            return found
        found.setdefault(model, ModelPlace(address, length))
        address += 2 + length
        if address > 0xFFFE:
            break
    raise NotSunspec(f"the list of SunSpec models does not end (last model read at {address})")


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)
