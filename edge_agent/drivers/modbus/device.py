"""A Modbus device as its profile describes it: block reads into readings, base units into register writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from device_profiles.profile import Point, Profile, Table, WritablePoint
from device_profiles.sunspec import resolved
from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.line.exchange import Pace
from edge_agent.drivers.line.line import Line
from edge_agent.drivers.modbus.exchange import ModbusExchange
from edge_agent.drivers.modbus.framing import Framing
from edge_agent.drivers.modbus.plan import Block, BlockPlanner, Span, span_of
from edge_agent.drivers.modbus.sunspec import find_models
from edge_agent.drivers.modbus.words import decode_points, encode_value
from edge_agent.drivers.scaling import params_in_force
from foundation.clock import Clock
from foundation.errors import ConfigError, DeviceError, DeviceRefused
from gateway.messages import Quality, Reading

_READS: dict[Table, type[ModbusPDU]] = {
    "coil": ReadCoilsRequest,
    "discrete": ReadDiscreteInputsRequest,
    "holding": ReadHoldingRegistersRequest,
    "input": ReadInputRegistersRequest,
}
_REGISTERS_UNKNOWN = (1, 2, 3)
"""Illegal function, address or value: the device answers, but not to this block."""
_SPLITTABLE = (2, 3)


class ModbusDevice:
    """DeviceDriver of one unit; remembers how its device refuses to be read, and where it keeps its SunSpec models."""

    def __init__(
        self,
        line: Line,
        framing: Framing,
        unit: int,
        profile: Profile,
        params: Mapping[str, Decimal],
        clock: Clock,
    ) -> None:
        self.profile = profile
        self._line, self._framing, self._unit, self._clock = line, framing, unit, clock
        self._name = line.unit(f"{line.name}/{unit}").name
        self._params = params_in_force(profile, params)
        self._planner = BlockPlanner(profile.link)
        self._placed = profile if profile.sunspec is None else None
        self._spans: dict[int, tuple[Point, Span]] = {}
        try:
            self._planner.blocks([point for point in profile.all_points if point.sunspec is None])
        except ValueError as error:
            raise ConfigError(profile.id, "points", str(error)) from error

    async def read(self, points: Sequence[Point], urgency: Urgency = Urgency.NORMAL) -> list[Reading]:
        """As DeviceDriver.read. A value that the device refuses to give while it gives others is None and BAD.

        A value of a SunSpec model that the device does not have is None and GOOD: its own list says so.
        """
        try:
            profile = await self._locate(urgency)
            placed = [_in_place(profile, point) for point in points]
            readings = await self._read_placed(profile, [one for one in placed if one.register_place], urgency)
        except DeviceError:
            # Whatever answers next may be another device, with its models elsewhere.
            self._forget_place()
            raise
        absent = [point for point in placed if point.register_place is None]
        return [*readings, *(Reading(point.name, None, self._clock.now_ms(), Quality.GOOD) for point in absent)]

    async def _read_placed(self, profile: Profile, points: Sequence[Point], urgency: Urgency) -> list[Reading]:
        words: dict[tuple[str, int], int] = {}
        read: list[tuple[Block, int]] = []
        refused: list[tuple[Block, int, DeviceRefused]] = []
        waiting = deque(self._planner.blocks(_with_gates(profile, points)))
        while waiting:
            block = waiting.popleft()
            try:
                words |= await self._read_block(block, urgency)
                read.append((block, self._clock.now_ms()))
            except DeviceRefused as refusal:
                if refusal.exception_code not in _REGISTERS_UNKNOWN:
                    raise
                parts = self._planner.split(block) if refusal.exception_code in _SPLITTABLE else ()
                waiting.extendleft(reversed(parts))
                if not parts:
                    refused.append((block, self._clock.now_ms(), refusal))
        if refused and not read:
            raise refused[0][2]
        readings = [
            reading
            for block, at_ms in read
            for reading in decode_points(profile, self._params, words, at_ms, self._inside(points, block))
        ]
        for block, at_ms, _ in refused:
            readings += [Reading(point.name, None, at_ms, Quality.BAD) for point in self._inside(points, block)]
        return readings

    async def write(self, point: Point, value: float) -> None:
        """As DeviceDriver.write: one request ahead of all polling, never repeated."""
        if not isinstance(point, WritablePoint):
            raise DeviceError(f"{point.name} cannot be written")
        placed = _in_place(await self._locate(Urgency.COMMAND), point)
        if not isinstance(placed, WritablePoint) or placed.register_place is None:
            raise DeviceError(f"{self._name} has no {point.name}")
        scale = {} if placed.scale_ref is None else await self._read_word(placed.scale_ref)
        try:
            words = encode_value(placed, self._params, value, self.profile.link.byte_order, scale)
        except ValueError as error:
            raise DeviceError(str(error)) from error
        await self._request(_write_request(placed, words, self._unit), Urgency.COMMAND, retries=0)

    async def close(self) -> None:
        """Nothing of its own: the line is shared."""

    async def _read_block(self, block: Block, urgency: Urgency) -> dict[tuple[str, int], int]:
        request = _READS[block.table](address=block.address, count=block.count, dev_id=self._unit)
        reply = await self._request(request, urgency, retries=self.profile.link.retries)
        values = reply.registers if block.table in ("holding", "input") else [int(bit) for bit in reply.bits]
        return {(block.table, block.address + index): value for index, value in enumerate(values[: block.count])}

    async def _request(self, request: ModbusPDU, urgency: Urgency, retries: int) -> ModbusPDU:
        link = self.profile.link
        pace = Pace(urgency, link.timeout_ms / 1000, retries, rest_s=link.inter_request_ms / 1000)
        return await self._line.ask(ModbusExchange(self._name, request, self._framing), pace)

    async def _read_word(self, address: int) -> dict[tuple[str, int], int]:
        return await self._read_block(Block((Span("holding", address, address + 1),)), Urgency.COMMAND)

    async def _locate(self, urgency: Urgency) -> Profile:
        """The profile with the registers of this device; a SunSpec device is asked at the first contact."""
        if self._placed is None and self.profile.sunspec is not None:

            async def holding(address: int, count: int) -> list[int]:
                words = await self._read_block(Block((Span("holding", address, address + count),)), urgency)
                return [words["holding", address + index] for index in range(count)]

            directory = await find_models(holding, self.profile.sunspec)
            self._placed = resolved(self.profile, directory)
        return self._placed or self.profile

    def _inside(self, points: Sequence[Point], block: Block) -> list[Point]:
        spans = set(block.spans)
        return [point for point in points if self._span(point) in spans]

    def _span(self, point: Point) -> Span:
        """Worked out once for each point; the point is kept, so that its id stays its own."""
        found = self._spans.get(id(point))
        if found is None:
            found = self._spans[id(point)] = (point, span_of(point))
        return found[1]

    def _forget_place(self) -> None:
        if self.profile.sunspec is not None:
            self._spans.clear()
            self._placed = None
            self._planner = BlockPlanner(self.profile.link)


def _in_place(profile: Profile, point: Point) -> Point:
    """The point of that name with its registers; one that is not of the profile (a probe) as it is."""
    return point if point.sunspec is None else profile.point(point.name)


def _with_gates(profile: Profile, points: Sequence[Point]) -> list[Point]:
    """`points` and the gate points that judge them, read in the same poll."""
    names = {point.name for point in points}
    gates = {gate.when for gate in profile.gates if names.intersection(gate.points)} - names
    return [*points, *(profile.point(name) for name in sorted(gates))]


def _write_request(point: WritablePoint, words: list[int], unit: int) -> ModbusPDU:
    place = point.register_place
    assert place is not None, "the profile checks that a writable point has a register"
    if point.write == "fc5":
        return WriteSingleCoilRequest(address=place.address, bits=[bool(words[0])], dev_id=unit)
    if point.write == "fc6":
        return WriteSingleRegisterRequest(address=place.address, registers=words, dev_id=unit)
    written = {**point.write_with, **{place.address + index: word for index, word in enumerate(words)}}
    registers = [written[address] for address in sorted(written)]
    return WriteMultipleRegistersRequest(address=min(written), registers=registers, dev_id=unit)
