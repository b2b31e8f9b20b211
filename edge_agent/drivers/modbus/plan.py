"""Which registers to read together: few requests, no gap that the model does not allow, no value torn in two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from device_profiles.profile import ModbusLink, Point, Register, Table


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The registers of one value, its fraction included: `start` to `end` (exclusive) of one table."""

    table: Table
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """Values read in one request, in the order of their addresses."""

    spans: tuple[Span, ...]

    @property
    def table(self) -> Table:
        return self.spans[0].table

    @property
    def address(self) -> int:
        return self.spans[0].start

    @property
    def end(self) -> int:
        """First address after the block."""
        return max(span.end for span in self.spans)

    @property
    def count(self) -> int:
        return self.end - self.address


@dataclass(frozen=True, slots=True)
class Fence:
    """No block may hold both `address` and an address before it."""

    table: Table
    address: int


def span_of(point: Point) -> Span:
    """The registers of a Modbus point, its scale factor included; ValueError when it has none or lies in two tables."""
    place = point.register_place
    if place is None:
        raise ValueError(f"{point.name} has no register")
    places: list[Register] = [place, *([point.fraction] if point.fraction else [])]
    if len({one.table for one in places}) > 1:
        raise ValueError(f"{point.name}: the fraction lies in another table")
    starts = [one.address for one in places]
    ends = [one.address + one.words for one in places]
    if point.scale_ref is not None:
        starts, ends = [*starts, point.scale_ref], [*ends, point.scale_ref + 1]
    return Span(place.table, min(starts), max(ends))


def plan_blocks(spans: Iterable[Span], link: ModbusLink, fences: Iterable[Fence] = ()) -> list[Block]:
    """The fewest blocks, filled in the order of addresses, within the model's gap, length and `no_cross` rules.

    A single span longer than `link.max_words` raises ValueError.
    """
    blocked = {*fences, *(Fence(table, one) for table, addresses in link.no_cross.items() for one in addresses)}
    blocks: list[list[Span]] = []
    for span in sorted(set(spans)):
        if span.end - span.start > link.max_words:
            raise ValueError(f"{span.table} {span.start}: {span.end - span.start} words exceed {link.max_words}")
        if blocks and _fits(Block(tuple(blocks[-1])), span, link, blocked):
            blocks[-1].append(span)
        else:
            blocks.append([span])
    return [Block(tuple(members)) for members in blocks]


def split_block(block: Block) -> tuple[Block, Block, Fence] | None:
    """Two parts cut at the largest gap (among equals, nearest to the middle) and the fence that keeps them apart.

    None when the block holds a single value, or values that overlap.
    """
    cuts = [index for index in range(1, len(block.spans)) if _gap_before(block.spans, index) >= 0]
    if not cuts:
        return None
    middle = len(block.spans) / 2
    cut = max(cuts, key=lambda index: (_gap_before(block.spans, index), -abs(index - middle)))
    right = Block(block.spans[cut:])
    return Block(block.spans[:cut]), right, Fence(block.table, right.address)


class BlockPlanner:
    """The plans of one device; remembers where its device refused to be read in one block."""

    def __init__(self, link: ModbusLink) -> None:
        self._link = link
        self._fences: set[Fence] = set()
        self._plans: dict[tuple[str, ...], list[Block]] = {}

    def blocks(self, points: Sequence[Point]) -> list[Block]:
        """The blocks that cover `points`; ValueError as `plan_blocks`."""
        key = tuple(sorted(point.name for point in points))
        if key not in self._plans:
            self._plans[key] = plan_blocks((span_of(point) for point in points), self._link, self._fences)
        return self._plans[key]

    def split(self, block: Block) -> tuple[Block, ...]:
        """The parts of a refused block, kept apart from now on; empty when it cannot be split."""
        parts = split_block(block)
        if parts is None:
            return ()
        left, right, fence = parts
        self._fences.add(fence)
        self._plans.clear()
        return left, right


def _fits(block: Block, span: Span, link: ModbusLink, fences: set[Fence]) -> bool:
    if block.table != span.table:
        return False
    allowed_gap = link.max_gap if link.gap_ok else 0
    if span.start - block.end > allowed_gap or max(block.end, span.end) - block.address > link.max_words:
        return False
    return not any(fence.table == span.table and block.address < fence.address <= span.start for fence in fences)


def _gap_before(spans: Sequence[Span], index: int) -> int:
    """Words between the spans before `index` and the one there; negative when they overlap."""
    return spans[index].start - max(span.end for span in spans[:index])
