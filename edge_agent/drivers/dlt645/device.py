"""A DL/T 645-2007 meter on a line: the data of its identifiers, follow-up frames included."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from device_profiles.profile import Profile
from edge_agent.drivers.dlt645.frame import address_bytes
from edge_agent.drivers.dlt645.question import DataQuestion
from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.identified.device import IdentifiedMeter
from edge_agent.drivers.identified.pace import pace_of
from edge_agent.drivers.line.line import Line
from foundation.clock import Clock
from foundation.errors import ConfigError, DeviceReplyWrong

MOST_FOLLOWING = 32
"""More follow-up frames than any block of a meter has."""


class Dlt645Reader:
    """BlockReader of the meter with `address` (12 digits)."""

    def __init__(self, line: Line, address: str, profile: Profile) -> None:
        self._line, self._profile = line, profile
        self._address = address_bytes(address)
        self.unit = f"{line.name}/{address}"
        line.unit(self.unit)

    async def block(self, identifier: int, urgency: Urgency) -> bytes:
        """As BlockReader.block: all frames together."""
        pace = pace_of(self._profile.link, urgency)
        answer = await self._line.ask(DataQuestion(self.unit, self._address, identifier), pace)
        data = answer.data
        sequence = 0
        while answer.has_following:
            sequence += 1
            if sequence > MOST_FOLLOWING:
                raise DeviceReplyWrong(self.unit, f"{identifier:#010x} has no end")
            answer = await self._line.ask(DataQuestion(self.unit, self._address, identifier, sequence), pace)
            data += answer.data
        return data


def dlt645_meter(
    line: Line, address: str, profile: Profile, params: Mapping[str, Decimal], clock: Clock
) -> IdentifiedMeter:
    """The driver of one meter; ConfigError for an address that is none."""
    try:
        reader = Dlt645Reader(line, address, profile)
    except ValueError as error:
        raise ConfigError("site", f"address {address}", str(error)) from error
    return IdentifiedMeter(reader.unit, profile, params, clock, reader, {})
