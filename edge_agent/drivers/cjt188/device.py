"""A CJ/T 188 meter on a line: the data of its identifiers, values with the units that it tells."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from decimal import Decimal

from device_profiles.profile import Profile
from edge_agent.drivers.cjt188.frame import address_bytes
from edge_agent.drivers.cjt188.question import DataQuestion
from edge_agent.drivers.cjt188.units import UNIT_CODES
from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.identified.device import IdentifiedMeter
from edge_agent.drivers.identified.pace import pace_of
from edge_agent.drivers.line.line import Line
from edge_agent.drivers.scaling import params_in_force
from foundation.clock import Clock
from foundation.errors import ConfigError


class Cjt188Reader:
    """BlockReader of the meter with `address` (14 hex digits).

    Parameters in force: `meter_type` is its type code, `id_high_first` 1 when its maker sends the high byte of an
    identifier first.
    """

    def __init__(self, line: Line, address: str, profile: Profile, params: Mapping[str, Decimal]) -> None:
        self._line, self._profile = line, profile
        self._address = address_bytes(address)
        in_force = params_in_force(profile, params)
        self._meter_type = int(in_force["meter_type"])
        self._is_high_first = bool(in_force["id_high_first"])
        self._serials = (count % 256 for count in itertools.count())
        self.unit = f"{line.name}/{address}"
        line.unit(self.unit)

    async def block(self, identifier: int, urgency: Urgency) -> bytes:
        """As BlockReader.block."""
        asked = identifier.to_bytes(2, "big" if self._is_high_first else "little")
        question = DataQuestion(self.unit, self._meter_type, self._address, asked, self._serials)
        return await self._line.ask(question, pace_of(self._profile.link, urgency))


def cjt188_meter(
    line: Line, address: str, profile: Profile, params: Mapping[str, Decimal], clock: Clock
) -> IdentifiedMeter:
    """The driver of one meter; ConfigError for an address that is none."""
    try:
        reader = Cjt188Reader(line, address, profile, params)
    except ValueError as error:
        raise ConfigError("site", f"address {address}", str(error)) from error
    return IdentifiedMeter(reader.unit, profile, params, clock, reader, UNIT_CODES)
