"""The registers of one device as its profile lays them out, and what a block read of them answers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from device_profiles.profile import Point, Profile, Table
from simulators.sunspec_chain import placed_in_chain, scale_exponents
from simulators.words import Content, encode, encode_point, fit

Image = dict[Table, dict[int, int]]
"""Per table: address -> word (coils: 0 or 1)."""

ILLEGAL_ADDRESS = 2


class RegisterMap:
    """Places the points of a profile; the values are given for each reading."""

    def __init__(self, profile: Profile, params: Mapping[str, Decimal] | None = None) -> None:
        self.chain: Mapping[int, int] = {}
        if profile.sunspec is not None:
            profile, self.chain = placed_in_chain(profile)
        self.profile = profile
        self.params = {name: param.default for name, param in profile.params.items()} | dict(params or {})
        self._exponents = scale_exponents(profile)
        self._probed = _probe_registers(profile)
        self._bridged = {table: _bridged(profile, addresses) for table, addresses in self._addresses().items()}

    def image(self, values: Mapping[str, Content | None]) -> Image:
        """All registers holding `values` (base units, by point name); points without a value hold 0."""
        image: Image = {table: dict(words) for table, words in self._probed.items()}
        if self.chain:
            image.setdefault("holding", {}).update(self.chain)
        for (table, address), exponent in self._exponents.items():
            image.setdefault(table, {})[address] = exponent & 0xFFFF
        for point in self.profile.all_points:
            place = point.register_place
            if place is None:
                continue
            words = image.setdefault(place.table, {})
            encoded = encode_point(
                point,
                values.get(point.name, _empty(point)),
                self.params,
                self.profile.link.byte_order,
                self.exponent(point),
            )
            if point.mask is None:
                words.update(encoded)
                continue
            for address, word in encoded.items():
                words[address] = words.get(address, 0) | (word & point.mask)
        return image

    def block(self, image: Image, table: Table, address: int, count: int) -> list[int] | None:
        """`count` words from `address`; None if one of them is not in the map.

        Short gaps between mapped registers hold 0 where the profile says that gaps may be read.
        """
        words, bridged = image.get(table, {}), self._bridged.get(table, frozenset())
        block = []
        for one in range(address, address + count):
            if one in words:
                block.append(words[one])
            elif one in bridged:
                block.append(0)
            else:
                return None
        return block

    def exponent(self, point: Point) -> int:
        """The power of ten that the device gives for this point; 0 without a scale factor."""
        if point.table is None or point.scale_ref is None:
            return 0
        return self._exponents[point.table, point.scale_ref]

    def neighbours(self) -> set[int]:
        """Holding registers that are written in one request with a point."""
        return {address for point in self.profile.writable for address in point.write_with}

    def point_at(self, table: Table, address: int) -> Point | None:
        """The point whose register begins at `address`."""
        for point in self.profile.all_points:
            if (point.table, point.address) == (table, address):
                return point
        return None

    def _addresses(self) -> dict[Table, set[int]]:
        return {table: set(words) for table, words in self.image({}).items()}


def _empty(point: Point) -> Content:
    return "" if point.kind == "text" else 0


def _bridged(profile: Profile, addresses: set[int]) -> frozenset[int]:
    """Unmapped addresses that answer all the same."""
    if not profile.link.gap_ok:
        return frozenset()
    known = sorted(addresses)
    gaps = [range(low + 1, high) for low, high in pairwise(known)]
    return frozenset(one for gap in gaps if len(gap) <= profile.link.max_gap for one in gap)


def _probe_registers(profile: Profile) -> Image:
    """Registers that no point shows but the probe looks at, holding the middle of the range it wants to see."""
    image: Image = {}
    shown = {(point.table, point.address) for point in profile.all_points}
    for probe in profile.probe:
        register = probe.read
        if register is None or (register.table, register.address) in shown:
            continue
        raw = (probe.range[0] + probe.range[1]) / 2 / probe.scale
        order = register.byte_order or profile.link.byte_order
        words = encode(register.type, fit(register.type, raw, is_counter=False), order)
        for offset, word in enumerate(words):
            image.setdefault(register.table, {})[register.address + offset] = word
    return image
