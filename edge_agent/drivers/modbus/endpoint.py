"""One Modbus TCP endpoint and the units behind it: a request at a time, and a dead unit that disturbs no other.

pymodbus supplies PDUs and framing; its own client would accept late and short replies, and after some time-outs of
one unit close the connection that the others share.
"""

from __future__ import annotations

from pymodbus.pdu import ModbusPDU

from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.line.priority_lock import PriorityLock
from edge_agent.drivers.line.unit_health import UnitHealth, UnitState
from edge_agent.drivers.modbus.connection import LinkCounters, ModbusConnection, Unreachable
from foundation.clock import Clock
from foundation.errors import DeviceError, DeviceRefused, LinkError
from foundation.link import Dial

UNIT_SILENT_BEHIND_GATEWAY = (10, 11)
"""Exceptions by which a gateway says that the unit does not answer."""


class ModbusEndpoint:
    """Units that share the connection `name`."""

    def __init__(self, name: str, dial: Dial, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self._connection = ModbusConnection(name, dial, clock)
        self._turns = PriorityLock()
        self._units: dict[int, UnitHealth] = {}
        self._rest_until_s: dict[int, float] = {}
        self._failures_in_a_row = 0
        self._was_down = False

    @property
    def counters(self) -> LinkCounters:
        return self._connection.counters

    def unit(self, unit: int) -> UnitHealth:
        """The health of a unit, which counts as one of the endpoint's units from now on."""
        return self._units.setdefault(unit, UnitHealth(f"{self.name}/{unit}"))

    async def request(
        self, request: ModbusPDU, *, urgency: Urgency, timeout_s: float, retries: int = 0, pause_s: float = 0.0
    ) -> ModbusPDU:
        """The proved reply to `request`. Every attempt waits for its turn anew, so retries hold up nobody else.

        `pause_s` is how long this unit rests afterwards. Raises DeviceError (UnitQuarantined: not even asked) or
        LinkError.
        """
        health = self.unit(request.dev_id)
        attempt = 0
        while True:
            health.require_turn(self._clock.monotonic())
            try:
                return await self._attempt(request, health, urgency, timeout_s, pause_s)
            except (DeviceRefused, Unreachable):
                raise
            except (DeviceError, LinkError):
                attempt += 1
                if attempt > retries or health.state is UnitState.QUARANTINED:
                    raise

    async def close(self) -> None:
        """Close the connection; a later request opens it again."""
        await self._connection.close()

    async def _attempt(
        self, request: ModbusPDU, health: UnitHealth, urgency: Urgency, timeout_s: float, pause_s: float
    ) -> ModbusPDU:
        await self._clock.sleep(max(0.0, self._rest_until_s.get(request.dev_id, 0.0) - self._clock.monotonic()))
        async with self._turns.turn(urgency):
            try:
                reply = await self._connection.exchange(request, health.name, timeout_s)
            except Unreachable:
                self._was_down = True
                raise
            except DeviceRefused as refusal:
                if refusal.exception_code in UNIT_SILENT_BEHIND_GATEWAY:
                    health.failed(self._clock.monotonic())
                else:
                    self._note_answer(health)
                raise
            except (DeviceError, LinkError):
                await self._note_failure(health)
                raise
            finally:
                self._rest_until_s[request.dev_id] = self._clock.monotonic() + pause_s
            self._note_answer(health)
            return reply

    def _note_answer(self, health: UnitHealth) -> None:
        health.answered()
        self._failures_in_a_row = 0
        if self._was_down:
            self._was_down = False
            for unit in self._units.values():
                unit.forgive(self._clock.monotonic())

    async def _note_failure(self, health: UnitHealth) -> None:
        health.failed(self._clock.monotonic())
        self._failures_in_a_row += 1
        if self._failures_in_a_row > 1 and all(unit.state is not UnitState.OK for unit in self._units.values()):
            # Nobody answers: the connection itself may be dead without having said so.
            self._was_down = True
            await self._connection.close()
