"""A set of points as one device is asked for them, worked out once: the blocks, and how each block is decoded."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from device_profiles.profile import Point, Profile
from edge_agent.drivers.modbus.plan import Block, span_of
from edge_agent.drivers.modbus.point_decoder import PointDecoder, point_decoder
from edge_agent.drivers.modbus.words import Words, decode_points
from edge_agent.drivers.scaling import ratio_of
from gateway.messages import Reading


@dataclass(frozen=True, slots=True)
class BlockDecoder:
    """What becomes of one block: `plain` points by their place in its bytes, `others` by all words of the poll."""

    block: Block
    points: tuple[Point, ...]
    plain: tuple[tuple[PointDecoder, int], ...]
    others: tuple[Point, ...]

    def plain_readings(self, words: Sequence[int], at_ms: int) -> list[Reading]:
        """Readings of the plain points; `words` are the registers of the block."""
        if not self.plain:
            return []
        size = len(words)
        as_came = struct.pack(f">{size}H", *words)
        swapped = struct.pack(f"<{size}H", *words)
        readings = []
        for one, offset in self.plain:
            value, quality = one.value_of(one.unpack(swapped if one.is_swapped else as_came, offset)[0])
            readings.append(Reading(one.name, value, at_ms, quality))
        return readings


@dataclass(frozen=True, slots=True)
class BlockRead:
    """The words (coils: 0 or 1) of one block, and when they were read."""

    decoder: BlockDecoder
    words: Sequence[int]
    at_ms: int


class Scan:
    """`points` with registers, of one profile with one set of parameters."""

    def __init__(self, profile: Profile, params: Mapping[str, Decimal], points: Sequence[Point]) -> None:
        self._profile, self._params = profile, params
        self._gated = frozenset(name for gate in profile.gates for name in gate.points)
        self._spans = [(point, span_of(point)) for point in points]

    def decoder(self, block: Block) -> BlockDecoder:
        """The decoder of those points that lie in `block`."""
        spans = set(block.spans)
        points = [point for point, span in self._spans if span in spans]
        plain: list[tuple[PointDecoder, int]] = []
        others: list[Point] = []
        for point in points:
            found = self._plain(point)
            if found is None or point.address is None:
                others.append(point)
            else:
                plain.append((found, 2 * (point.address - block.address)))
        return BlockDecoder(block, tuple(points), tuple(plain), tuple(others))

    def readings(self, blocks: Sequence[BlockRead]) -> list[Reading]:
        """Readings as `decode_points`, each stamped with the time of its block; plain points go first."""
        readings = [reading for one in blocks for reading in one.decoder.plain_readings(one.words, one.at_ms)]
        if any(one.decoder.others for one in blocks):
            words = words_of(blocks)
            for one in blocks:
                readings += decode_points(self._profile, self._params, words, one.at_ms, one.decoder.others)
        return readings

    def _plain(self, point: Point) -> PointDecoder | None:
        """A point under a gate is no plain one: it is judged by other words."""
        if point.name in self._gated:
            return None
        return point_decoder(point, ratio_of(point, self._params), self._profile.link.byte_order)


def words_of(blocks: Sequence[BlockRead]) -> Words:
    """All words of a poll by table and address."""
    return {
        (one.decoder.block.table, one.decoder.block.address + index): word
        for one in blocks
        for index, word in enumerate(one.words)
    }


def with_gates(profile: Profile, points: Sequence[Point]) -> list[Point]:
    """`points` and the gate points that judge them, read in the same poll."""
    names = {point.name for point in points}
    gates = {gate.when for gate in profile.gates if names.intersection(gate.points)} - names
    return [*points, *(profile.point(name) for name in sorted(gates))]
