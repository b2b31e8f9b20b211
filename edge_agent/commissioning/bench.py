"""A bus taken in hand for a moment: who is on it, and a driver of any profile for one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Profile
from edge_agent.commissioning.identify import Candidate, identify
from edge_agent.drivers.dlt645.device import dlt645_meter
from edge_agent.drivers.dlt645.question import AddressQuestion
from edge_agent.drivers.driver import DeviceDriver, Urgency
from edge_agent.drivers.line.dial_in import DialInDoors
from edge_agent.drivers.line.exchange import GatewayRefused, Pace
from edge_agent.drivers.lines import DialFactory, dial_line, open_line
from edge_agent.drivers.modbus.device import ModbusDevice
from edge_agent.drivers.modbus.exchange import ModbusExchange
from edge_agent.drivers.modbus.framing import Framing, MbapFraming, RtuFraming
from edge_agent.site import Device
from edge_agent.site_lines import DialInBus, LineBus, speaks_mbap
from foundation.clock import Clock
from foundation.errors import DeviceError, DeviceRefused

SEARCH_TIMEOUT_S, MOBILE_TIMEOUT_S = 0.3, 2.0
"""How long an empty place is waited for: on a wire or local network, and over a mobile one."""
_ANCHOR = "scan"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device was found: a Modbus unit, or the address of a DL/T 645 meter."""

    unit: int | None = None
    address: str | None = None

    def __str__(self) -> str:
        return f"unit {self.unit}" if self.address is None else f"address {self.address}"


class Bench:
    """One bus; nothing is sent before the first question, and nothing is ever written."""

    def __init__(self, bus: LineBus, catalogue: Catalogue, clock: Clock, dial_factory: DialFactory = dial_line) -> None:
        self._bus, self._catalogue, self._clock = bus, catalogue, clock
        self._opened = open_line(bus, (), clock, dial_factory, DialInDoors())
        self._line = self._opened.line
        self._framing: Framing = MbapFraming() if speaks_mbap(bus) else RtuFraming()
        # One unit that never fails: else the line would take many empty places for its own end, and reconnect.
        self._line.unit(f"{bus.id}/{_ANCHOR}")

    async def search(self, units: Iterable[int], timeout_s: float | None = None) -> AsyncIterator[Place]:
        """Modbus units that answer or refuse one read of a word, in turn; then the DL/T 645 meter, if there is one.

        A line on which several DL/T 645 meters answer at once gives none. Raises LinkError when the bus is not reached.
        """
        if timeout_s is None:
            timeout_s = MOBILE_TIMEOUT_S if isinstance(self._bus, DialInBus) else SEARCH_TIMEOUT_S
        for unit in units:
            if await self._is_there(unit, timeout_s):
                yield Place(unit=unit)
        if not speaks_mbap(self._bus):
            question = AddressQuestion(f"{self._bus.id}/address")
            try:
                yield Place(address=await self._line.ask(question, Pace(Urgency.NORMAL, timeout_s * 2)))
            except DeviceError:
                return

    async def candidates(self, place: Place, installed: Device | None = None) -> list[Candidate]:
        """The profiles of the catalogue that speak the language of that place, the likeliest first.

        The parameters of the device `installed` there go with its own profile.
        """
        driver = "modbus" if place.address is None else "dlt645"
        profiles = [profile for profile in self._catalogue.all() if profile.driver == driver]
        name = f"{self._bus.id}/{place.unit if place.address is None else place.address}"
        health = self._line.unit(name)

        def driver_for(profile: Profile) -> DeviceDriver:
            is_its_own = installed is not None and installed.profile == profile.id
            return self._driver(place, profile, installed.params if installed is not None and is_its_own else {})

        return await identify(profiles, driver_for, health.answered)

    async def close(self) -> None:
        """Free the bus."""
        await self._opened.close()

    async def _is_there(self, unit: int, timeout_s: float) -> bool:
        request = ReadHoldingRegistersRequest(address=0, count=1, dev_id=unit)
        exchange = ModbusExchange(f"{self._bus.id}/{unit}", request, self._framing)
        try:
            await self._line.ask(exchange, Pace(Urgency.NORMAL, timeout_s))
        except GatewayRefused:
            return False
        except DeviceRefused:
            return True
        except DeviceError:
            return False
        return True

    def _driver(self, place: Place, profile: Profile, params: Mapping[str, Decimal]) -> DeviceDriver:
        if place.address is not None:
            return dlt645_meter(self._line, place.address, profile, params, self._clock)
        assert place.unit is not None
        return ModbusDevice(self._line, self._framing, place.unit, profile, params, self._clock)
