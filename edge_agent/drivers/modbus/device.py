"""A Modbus device as its profile describes it: block reads into readings, base units into register writes."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from device_profiles.sunspec import Directory, cut_off, resolved
from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.line.exchange import Pace
from edge_agent.drivers.line.line import Line
from edge_agent.drivers.modbus.exchange import ModbusExchange
from edge_agent.drivers.modbus.framing import Framing
from edge_agent.drivers.modbus.plan import Block, BlockPlanner, Span
from edge_agent.drivers.modbus.scan import BlockDecoder, BlockRead, Scan, with_gates
from edge_agent.drivers.modbus.sunspec import NotSunspec, find_models
from edge_agent.drivers.modbus.words import encode_value
from edge_agent.drivers.scaling import params_in_force
from foundation.clock import Clock
from foundation.errors import ConfigError, DeviceError, DeviceRefused
from gateway.messages import Quality, Reading

_log = logging.getLogger(__name__)

_READS: dict[Table, type[ModbusPDU]] = {
    "coil": ReadCoilsRequest,
    "discrete": ReadDiscreteInputsRequest,
    "holding": ReadHoldingRegistersRequest,
    "input": ReadInputRegistersRequest,
}
_REGISTERS_UNKNOWN = (1, 2, 3)
"""Illegal function, address or value: the device answers, but not to this block."""
_SPLITTABLE = (2, 3)
_PLANS_KEPT = 32


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a set of points is asked: those the device has, by blocks, and those it has not.

    `asked_for` keeps the points, so that their ids stay their own.
    """

    asked_for: tuple[Point, ...]
    absent: tuple[Point, ...]
    scan: Scan
    blocks: tuple[BlockDecoder, ...]


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
        self._plans: dict[tuple[int, ...], _Plan] = {}
        self._cut_off: Mapping[int, Sequence[str]] = {}
        try:
            self._planner.blocks([point for point in profile.all_points if point.sunspec is None])
        except ValueError as error:
            raise ConfigError(profile.id, "points", str(error)) from error

    async def read(self, points: Sequence[Point], urgency: Urgency = Urgency.NORMAL) -> list[Reading]:
        """As DeviceDriver.read. A value that the device refuses to give while it gives others is None and BAD.

        A value of a SunSpec model that the device does not have, or that lies behind the model's own end, is None and
        GOOD: its own list says so.
        """
        try:
            plan = self._plan(await self._locate(urgency), points)
            readings = await self._read_blocks(plan, urgency)
        except DeviceError:
            # Whatever answers next may be another device, with its models elsewhere.
            self._forget_place()
            raise
        if plan.absent:
            readings += [Reading(point.name, None, self._clock.now_ms(), Quality.GOOD) for point in plan.absent]
        return readings

    async def _read_blocks(self, plan: _Plan, urgency: Urgency) -> list[Reading]:
        read: list[BlockRead] = []
        refused: list[tuple[BlockDecoder, int, DeviceRefused]] = []
        waiting = deque(plan.blocks)
        while waiting:
            decoder = waiting.popleft()
            try:
                words = await self._read_block(decoder.block, urgency)
                read.append(BlockRead(decoder, words, self._clock.now_ms()))
            except DeviceRefused as refusal:
                if refusal.exception_code not in _REGISTERS_UNKNOWN:
                    raise
                parts = self._split(decoder.block) if refusal.exception_code in _SPLITTABLE else ()
                waiting.extendleft(plan.scan.decoder(part) for part in reversed(parts))
                if not parts:
                    refused.append((decoder, self._clock.now_ms(), refusal))
        if refused and not read:
            raise refused[0][2]
        readings = plan.scan.readings(read)
        for decoder, at_ms, _ in refused:
            readings += [Reading(point.name, None, at_ms, Quality.BAD) for point in decoder.points]
        return readings

    async def write(self, point: Point, value: float, *, until_s: float | None = None) -> None:
        """As DeviceDriver.write: one request ahead of all polling, never repeated."""
        if not isinstance(point, WritablePoint):
            raise DeviceError(f"{point.name} cannot be written")
        placed = _in_place(await self._locate(Urgency.COMMAND), point)
        if not isinstance(placed, WritablePoint) or placed.register_place is None:
            raise DeviceError(f"{self._name} has no {point.name}")
        scale: dict[tuple[str, int], int] = {}
        if placed.scale_ref is not None:
            (exponent,) = await self._read_holding(placed.scale_ref, 1, Urgency.COMMAND)
            scale = {("holding", placed.scale_ref): exponent}
        try:
            words = encode_value(placed, self._params, value, self.profile.link.byte_order, scale)
        except ValueError as error:
            raise DeviceError(str(error)) from error
        await self._request(_write_request(placed, words, self._unit), Urgency.COMMAND, retries=0, until_s=until_s)

    async def close(self) -> None:
        """Nothing of its own: the line is shared."""

    async def _read_block(self, block: Block, urgency: Urgency) -> Sequence[int]:
        request = _READS[block.table](address=block.address, count=block.count, dev_id=self._unit)
        reply = await self._request(request, urgency, retries=self.profile.link.retries)
        if block.table in ("holding", "input"):
            return reply.registers
        return [int(bit) for bit in reply.bits[: block.count]]

    async def _request(
        self, request: ModbusPDU, urgency: Urgency, retries: int, *, until_s: float | None = None
    ) -> ModbusPDU:
        link = self.profile.link
        pace = Pace(urgency, link.timeout_ms / 1000, retries, link.inter_request_ms / 1000, until_s)
        return await self._line.ask(ModbusExchange(self._name, request, self._framing), pace)

    async def _read_holding(self, address: int, count: int, urgency: Urgency) -> Sequence[int]:
        return await self._read_block(Block((Span("holding", address, address + count),)), urgency)

    async def _locate(self, urgency: Urgency) -> Profile:
        """The profile with the registers of this device; a SunSpec device is asked at the first contact."""
        if self._placed is None and self.profile.sunspec is not None:

            async def holding(address: int, count: int) -> list[int]:
                return list(await self._read_holding(address, count, urgency))

            directory = await find_models(holding, self.profile.sunspec)
            self._tell_cut_off(cut_off(self.profile, directory), directory)
            try:
                self._placed = resolved(self.profile, directory)
            except ValueError as error:
                raise NotSunspec(f"{self._name}: a model reaches beyond the last register") from error
        return self._placed or self.profile

    def _tell_cut_off(self, missing: Mapping[int, Sequence[str]], directory: Directory) -> None:
        """Say once which values are never read, or nobody learns why they are empty."""
        if missing != self._cut_off:
            self._cut_off = missing
            for model, names in missing.items():
                told = (self._name, model, directory[model].length, ", ".join(names))
                _log.warning("%s: SunSpec model %d has only %d words, not read: %s", *told)

    def _plan(self, profile: Profile, points: Sequence[Point]) -> _Plan:
        """Worked out once for each set of points, until the device refuses a block or its place is forgotten."""
        key = tuple(map(id, points))
        found = self._plans.get(key)
        if found is None:
            placed = [_in_place(profile, point) for point in points]
            present = [point for point in placed if point.register_place is not None]
            absent = tuple(point for point in placed if point.register_place is None)
            scan = Scan(profile, self._params, present)
            blocks = tuple(map(scan.decoder, self._planner.blocks(with_gates(profile, present))))
            if len(self._plans) >= _PLANS_KEPT:
                self._plans.clear()
            found = self._plans[key] = _Plan(tuple(points), absent, scan, blocks)
        return found

    def _split(self, block: Block) -> tuple[Block, ...]:
        self._plans.clear()
        return self._planner.split(block)

    def _forget_place(self) -> None:
        if self.profile.sunspec is not None:
            self._plans.clear()
            self._placed = None
            self._planner = BlockPlanner(self.profile.link)


def _in_place(profile: Profile, point: Point) -> Point:
    """The point of that name with its registers; one that is not of the profile (a probe) as it is."""
    return point if point.sunspec is None else profile.point(point.name)


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
