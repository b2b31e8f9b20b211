"""A wire that several units share, whatever languages they speak: a question at a time, in turns by urgency, and a dead
unit that disturbs no other.

Carries Modbus RTU, DL/T 645 and CJ/T 188 together on one RS-485 pair or serial server, and Modbus TCP on its socket.
"""

from __future__ import annotations

from typing import TypeVar

from edge_agent.drivers.driver import TooLate
from edge_agent.drivers.line.connection import LineConnection, LineCounters, Unreachable
from edge_agent.drivers.line.exchange import DeviceBusy, Exchange, GatewayRefused, Pace
from edge_agent.drivers.line.priority_lock import PriorityLock
from edge_agent.drivers.line.unit_health import UnitHealth, UnitQuarantined, UnitState
from foundation.clock import Clock
from foundation.errors import DeviceError, DeviceRefused, LinkError
from foundation.link import Dial

Reply = TypeVar("Reply")

BUSY_PAUSE_S = 0.2
"""Before a busy unit is asked once more."""
PAUSE_PER_PROBE = 4
"""A failed probe of a silent unit is followed by so many times its length without one: a fifth of the line at most."""


class Line:
    """Units that share the wire `name`; `settle_s` and `byte_s` as in LineConnection.

    `latency_s` is how long the way to the wire may hold a reply up; it is added to every time-out.
    """

    def __init__(
        self,
        name: str,
        dial: Dial,
        clock: Clock,
        *,
        settle_s: float | None = None,
        byte_s: float = 0.0,
        latency_s: float = 0.0,
    ) -> None:
        self.name = name
        self._clock, self._latency_s = clock, latency_s
        self._connection = LineConnection(name, dial, clock, settle_s=settle_s, byte_s=byte_s)
        self._turns = PriorityLock()
        self._units: dict[str, UnitHealth] = {}
        self._rest_until_s: dict[str, float] = {}
        self._failures_in_a_row = 0
        self._was_down = False
        self._probes_from_s = float("-inf")

    @property
    def counters(self) -> LineCounters:
        return self._connection.counters

    def unit(self, name: str) -> UnitHealth:
        """The health of a unit (`<line>/<address>`), which counts as one of the line's units from now on."""
        return self._units.setdefault(name, UnitHealth(name))

    def forget(self, name: str) -> None:
        """The unit is no longer one of the line's: what it was has no say in whether the line itself is dead."""
        self._units.pop(name, None)
        self._rest_until_s.pop(name, None)

    def forgive(self) -> None:
        """Every unit may be asked now: the silence was the line's."""
        self._probes_from_s = self._clock.monotonic()
        for unit in self._units.values():
            unit.forgive(self._clock.monotonic())

    async def ask(self, exchange: Exchange[Reply], pace: Pace) -> Reply:
        """The proved reply to `exchange`. Every attempt waits for its turn anew, so retries hold up nobody else.

        Raises DeviceError (UnitQuarantined, TooLate: not even asked) or LinkError.
        """
        health = self.unit(exchange.unit)
        attempt = 0
        while True:
            self._require_turn(health)
            try:
                return await self._attempt(exchange, health, pace)
            except DeviceBusy:
                attempt += 1
                if attempt > pace.retries:
                    raise
                await self._clock.sleep(BUSY_PAUSE_S)
            except (DeviceRefused, Unreachable, TooLate):
                raise
            except (DeviceError, LinkError):
                attempt += 1
                if attempt > pace.retries or health.state is UnitState.QUARANTINED:
                    raise

    async def close(self) -> None:
        """Close the connection; a later question opens it again."""
        await self._connection.close()

    async def _attempt(self, exchange: Exchange[Reply], health: UnitHealth, pace: Pace) -> Reply:
        await self._clock.sleep(max(0.0, self._rest_until_s.get(health.name, 0.0) - self._clock.monotonic()))
        async with self._turns.turn(pace.urgency):
            # Another probe may have failed while this one waited.
            self._require_turn(health)
            begin_s, is_probe = self._clock.monotonic(), health.state is UnitState.QUARANTINED
            try:
                reply = await self._connection.exchange(exchange, pace.timeout_s + self._latency_s, pace.until_s)
            except Unreachable:
                self._was_down = True
                raise
            except TooLate:
                raise
            except GatewayRefused:
                health.failed(self._clock.monotonic())
                raise
            except DeviceRefused:
                self._note_answer(health)
                raise
            except (DeviceError, LinkError):
                await self._note_failure(health)
                if is_probe:
                    now_s = self._clock.monotonic()
                    cost_s = now_s - begin_s + self._connection.settling_s
                    self._probes_from_s = now_s + PAUSE_PER_PROBE * cost_s
                raise
            finally:
                self._rest_until_s[health.name] = self._clock.monotonic() + pace.rest_s
            self._note_answer(health)
            return reply

    def _require_turn(self, health: UnitHealth) -> None:
        now_s = self._clock.monotonic()
        health.require_turn(now_s)
        if health.state is UnitState.QUARANTINED and now_s < self._probes_from_s:
            raise UnitQuarantined(health.name, self._probes_from_s - now_s)

    def _note_answer(self, health: UnitHealth) -> None:
        health.answered()
        self._failures_in_a_row = 0
        if self._was_down:
            self._was_down = False
            self.forgive()

    async def _note_failure(self, health: UnitHealth) -> None:
        health.failed(self._clock.monotonic())
        self._failures_in_a_row += 1
        if self._failures_in_a_row > 1 and all(unit.state is not UnitState.OK for unit in self._units.values()):
            # Nobody answers: the connection itself may be dead without having said so.
            self._was_down = True
            await self._connection.close()
