"""A bus taken in hand for a moment: who is on it, and a driver of any profile for one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Profile
from edge_agent.commissioning.identify import Candidate, Verdict, identify
from edge_agent.commissioning.place import LANGUAGES, Crowd, Language, Place
from edge_agent.commissioning.roll_call import cjt188_meters, cjt188_type, dlt645_meters
from edge_agent.drivers.cjt188.device import cjt188_meter
from edge_agent.drivers.dlt645.device import dlt645_meter
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


class Bench:
    """One bus; nothing is sent before the first question, and nothing is ever written."""

    def __init__(self, bus: LineBus, catalogue: Catalogue, clock: Clock, dial_factory: DialFactory = dial_line) -> None:
        self._bus, self._catalogue, self._clock = bus, catalogue, clock
        self._opened = open_line(bus, (), clock, dial_factory, DialInDoors())
        self._line = self._opened.line
        self._framing: Framing = MbapFraming() if speaks_mbap(bus) else RtuFraming()
        # One unit that never fails: else the line would take many empty places for its own end, and reconnect.
        self._line.unit(f"{bus.id}/{_ANCHOR}")

    async def search(
        self, units: Iterable[int], timeout_s: float | None = None, languages: Collection[Language] = LANGUAGES
    ) -> AsyncIterator[Place | Crowd]:
        """Modbus units that answer or refuse one read of a word, in turn; then the meters that answer a call to all.

        A Crowd tells of meters that cannot be called one by one. Raises LinkError when the bus is not reached.
        """
        wait_s = self._timeout_s if timeout_s is None else timeout_s
        for unit in units if "modbus" in languages else ():
            if await self._is_there(unit, wait_s):
                yield Place(unit=unit)
        for language, meters in (("dlt645", dlt645_meters), ("cjt188", cjt188_meters)):
            if language in languages and not speaks_mbap(self._bus):
                async for place in meters(self._line, wait_s):
                    yield place

    async def located(self, place: Place) -> Place:
        """The same place, with what a CJ/T 188 meter there tells about itself."""
        if place.address is None or place.language != "cjt188" or place.meter_type is not None:
            return place
        return await cjt188_type(self._line, place.address, self._timeout_s)

    async def candidates(self, place: Place, installed: Device | None = None) -> list[Candidate]:
        """The profiles of the catalogue that speak the language of that place, the likeliest first.

        The parameters of the device `installed` there go with its own profile, except those that the place itself told.
        """
        first: list[Candidate] = []
        for told in place.settings:
            found = await self._identify(place, installed, told)
            if found and found[0].verdict is not Verdict.DIFFERS:
                return found
            first = first or found
        return first

    async def close(self) -> None:
        """Free the bus."""
        await self._opened.close()

    @property
    def _timeout_s(self) -> float:
        return MOBILE_TIMEOUT_S if isinstance(self._bus, DialInBus) else SEARCH_TIMEOUT_S

    async def _identify(self, place: Place, installed: Device | None, told: Mapping[str, Decimal]) -> list[Candidate]:
        profiles = [profile for profile in self._catalogue.all() if profile.driver == place.language]
        foreign = {profile.id: reason for profile in profiles if (reason := _foreign_type(profile, place))}
        health = self._line.unit(f"{self._bus.id}/{place.unit if place.address is None else place.address}")

        def driver_for(profile: Profile) -> DeviceDriver:
            is_its_own = installed is not None and installed.profile == profile.id
            own = installed.params if installed is not None and is_its_own else {}
            return self._driver(place, profile, {**own, **told})

        spoken = [profile for profile in profiles if profile.id not in foreign]
        found = await identify(spoken, driver_for, health.answered)
        others = [Candidate(one, Verdict.DIFFERS, foreign[one.id]) for one in profiles if one.id in foreign]
        return [replace(one, params=told) for one in found] + others

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
            meter = cjt188_meter if place.language == "cjt188" else dlt645_meter
            return meter(self._line, place.address, profile, params, self._clock)
        assert place.unit is not None
        return ModbusDevice(self._line, self._framing, place.unit, profile, params, self._clock)


def _foreign_type(profile: Profile, place: Place) -> str:
    """In English why the meter's own type code rules the profile out; empty when it does not."""
    param = profile.params.get("meter_type")
    if place.meter_type is None or param is None or param.min <= place.meter_type <= param.max:
        return ""
    return f"it is a meter of type {place.meter_type:02X}H, not {int(param.min):02X}H..{int(param.max):02X}H"
