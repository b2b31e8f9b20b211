"""A meter that is asked for the data of identifiers, as its profile describes it: blocks into readings."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from device_profiles.point import Point
from device_profiles.profile import Profile
from device_profiles.quantity import Unit
from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.identified.blocks import decode_block, identifiers_of, length_of, unread
from edge_agent.drivers.scaling import params_in_force
from foundation.clock import Clock
from foundation.errors import DeviceError, DeviceRefused, DeviceReplyWrong
from gateway.messages import Reading

_log = logging.getLogger(__name__)


class BlockReader(Protocol):
    """The language of one installed meter."""

    async def block(self, identifier: int, urgency: Urgency) -> bytes:
        """The data that the meter sends for `identifier`; raises DeviceError or LinkError."""
        ...


class IdentifiedMeter:
    """DeviceDriver of one meter; points under the same identifier share one request."""

    def __init__(
        self,
        name: str,
        profile: Profile,
        params: Mapping[str, Decimal],
        clock: Clock,
        reader: BlockReader,
        units: Mapping[int, Unit],
    ) -> None:
        self.name, self.profile = name, profile
        self._clock, self._reader, self._units = clock, reader, units
        self._params = params_in_force(profile, params)
        self._missed: set[int] = set()

    async def read(self, points: Sequence[Point], urgency: Urgency = Urgency.NORMAL) -> list[Reading]:
        """As DeviceDriver.read. Values of an identifier that the meter refuses while it gives others are None and BAD.

        So are those under an identifier whose data have another length than the profile says.
        """
        readings: list[Reading] = []
        failures: list[DeviceError] = []
        identifiers = identifiers_of(points)
        for identifier in identifiers:
            try:
                data = await self._block(points, identifier, urgency)
            except (DeviceRefused, _LengthWrong) as error:
                failures.append(error)
                self._note_miss(identifier, error)
                readings += unread(points, identifier, self._clock.now_ms())
                continue
            self._missed.discard(identifier)
            at_ms = self._clock.now_ms()
            readings += decode_block(points, self._params, identifier, data, at_ms, self._units)
        if failures and len(failures) == len(identifiers):
            raise failures[0]
        return readings

    async def write(self, point: Point, value: float, *, until_s: float | None = None) -> None:
        """Always raises DeviceError: these meters are only read."""
        raise DeviceError(f"{self.name}: {point.name} cannot be written, {self.profile.driver} meters are only read")

    async def close(self) -> None:
        """Nothing of its own: the line is shared."""

    def _note_miss(self, identifier: int, error: DeviceError) -> None:
        """Say once that values are missing, or nobody learns why they are BAD."""
        if identifier not in self._missed:
            self._missed.add(identifier)
            _log.warning("no values under %#x: %s", identifier, error)

    async def _block(self, points: Sequence[Point], identifier: int, urgency: Urgency) -> bytes:
        data = await self._reader.block(identifier, urgency)
        expected = length_of(self.profile, points, identifier)
        if len(data) != expected:
            raise _LengthWrong(self.name, f"{len(data)} bytes for {identifier:#x}, the profile says {expected}")
        return data


class _LengthWrong(DeviceReplyWrong):
    """A proper reply that the profile does not describe; asking again would not help."""
