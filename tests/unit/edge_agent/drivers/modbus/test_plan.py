import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import ModbusLink, Point
from edge_agent.drivers.modbus.plan import Block, BlockPlanner, Fence, Span, plan_blocks, span_of, split_block


def spans(*places: tuple[int, int]) -> list[Span]:
    return [Span("holding", start, start + words) for start, words in places]


def places(blocks: list[Block]) -> list[tuple[int, int]]:
    return [(block.address, block.count) for block in blocks]


def test_200_contiguous_registers_take_exactly_two_requests() -> None:
    single = plan_blocks(spans(*((address, 1) for address in range(200))), ModbusLink())
    double = plan_blocks(spans(*((address, 2) for address in range(0, 200, 2))), ModbusLink(max_words=125))
    assert places(single) == [(0, 120), (120, 80)]
    assert places(double) == [(0, 124), (124, 76)]


def test_a_gap_is_bridged_only_where_the_model_allows_it() -> None:
    wanted = spans((0, 2), (6, 2))
    assert places(plan_blocks(wanted, ModbusLink(max_gap=4, gap_ok=True))) == [(0, 8)]
    assert places(plan_blocks(wanted, ModbusLink(max_gap=3, gap_ok=True))) == [(0, 2), (6, 2)]
    assert places(plan_blocks(wanted, ModbusLink(max_gap=4, gap_ok=False))) == [(0, 2), (6, 2)]


def test_tables_are_read_apart() -> None:
    wanted = [Span("holding", 0, 1), Span("input", 1, 2)]
    assert len(plan_blocks(wanted, ModbusLink())) == 2


def test_no_block_reaches_over_a_fence_of_the_profile() -> None:
    link = ModbusLink(no_cross={"holding": (2,)})
    assert places(plan_blocks(spans((0, 2), (2, 2)), link)) == [(0, 2), (2, 2)]


def test_a_value_and_its_fraction_are_read_together() -> None:
    point = Point.model_validate(
        {
            "name": "Volume",
            "table": "holding",
            "address": 8,
            "type": "int32",
            "fraction": {"table": "holding", "address": 10, "type": "float32"},
        }
    )
    assert span_of(point) == Span("holding", 8, 12)


def test_a_value_longer_than_a_request_is_an_error_of_the_profile() -> None:
    with pytest.raises(ValueError, match="4 words exceed 2"):
        plan_blocks(spans((0, 4)), ModbusLink(max_words=2))


def test_a_refused_block_is_cut_at_its_largest_gap() -> None:
    block = Block(tuple(spans((0, 2), (2, 2), (10, 2), (14, 2))))
    parts = split_block(block)
    assert parts is not None
    left, right, fence = parts
    assert (places([left, right]), fence) == ([(0, 4), (10, 6)], Fence("holding", 10))


def test_equal_gaps_are_cut_in_the_middle() -> None:
    parts = split_block(Block(tuple(spans(*((address, 1) for address in range(8))))))
    assert parts is not None
    assert places(list(parts[:2])) == [(0, 4), (4, 4)]


def test_a_single_value_cannot_be_cut() -> None:
    assert split_block(Block(tuple(spans((0, 4))))) is None


def points(*addresses: int) -> list[Point]:
    return [
        Point.model_validate({"name": f"P{address}", "table": "holding", "address": address, "type": "uint16"})
        for address in addresses
    ]


def test_a_cut_is_remembered_for_every_later_plan() -> None:
    planner = BlockPlanner(ModbusLink(max_gap=10, gap_ok=True))
    (block,) = planner.blocks(points(0, 1, 9))
    assert len(planner.split(block)) == 2
    assert places(planner.blocks(points(0, 1, 9))) == [(0, 2), (9, 1)]
    assert places(planner.blocks(points(1, 9, 10))) == [(1, 1), (9, 2)]


links = st.builds(
    ModbusLink,
    max_words=st.integers(4, 125),
    max_gap=st.integers(0, 20),
    gap_ok=st.booleans(),
    no_cross=st.dictionaries(st.just("holding"), st.lists(st.integers(0, 300), max_size=3).map(tuple)),
)
wanted_spans = st.lists(
    st.builds(
        lambda table, start, words: Span(table, start, start + words),
        st.sampled_from(["holding", "input", "coil"]),
        st.integers(0, 300),
        st.sampled_from([1, 2, 4]),
    ),
    min_size=1,
    max_size=60,
)


@given(wanted=wanted_spans, link=links)
def test_every_value_is_covered_whole_and_no_block_breaks_a_rule(wanted: list[Span], link: ModbusLink) -> None:
    blocks = plan_blocks(wanted, link)
    for span in wanted:
        assert any(
            block.table == span.table and block.address <= span.start <= span.end <= block.end for block in blocks
        )
    for block in blocks:
        assert block.count <= link.max_words
        assert all(block.address <= span.start <= span.end <= block.end for span in block.spans)
        assert_rules_kept(block, link)


def assert_rules_kept(block: Block, link: ModbusLink) -> None:
    reached = block.address
    for span in block.spans:
        assert span.start - reached <= (link.max_gap if link.gap_ok else 0)
        reached = max(reached, span.end)
    starts = [span.start for span in block.spans]
    for fence in link.no_cross.get(block.table, ()):
        assert all(start < fence for start in starts) or all(start >= fence for start in starts)


@given(wanted=wanted_spans, link=links)
def test_no_two_neighbouring_blocks_could_have_been_one(wanted: list[Span], link: ModbusLink) -> None:
    blocks = plan_blocks(wanted, link)
    for left, right in itertools.pairwise(blocks):
        if left.table != right.table:
            continue
        is_too_long = max(left.end, right.spans[0].end) - left.address > link.max_words
        is_too_far = right.address - left.end > (link.max_gap if link.gap_ok else 0)
        is_fenced = any(left.address < fence <= right.address for fence in link.no_cross.get(left.table, ()))
        assert is_too_long or is_too_far or is_fenced


@given(wanted=wanted_spans, link=links)
def test_cutting_until_nothing_is_left_to_cut_loses_no_value(wanted: list[Span], link: ModbusLink) -> None:
    whole = plan_blocks(wanted, link)
    pieces = list(whole)
    done: list[Block] = []
    while pieces:
        piece = pieces.pop()
        parts = split_block(piece)
        if parts is None:
            done.append(piece)
        else:
            pieces.extend(parts[:2])
    assert sorted(span for block in done for span in block.spans) == sorted(set(wanted))


few_spans = st.sets(
    st.builds(
        lambda start, words: Span("holding", start, start + words), st.integers(0, 15), st.sampled_from([1, 2, 4])
    ),
    min_size=1,
    max_size=8,
)
tight_links = st.builds(
    ModbusLink,
    max_words=st.integers(4, 16),
    max_gap=st.integers(0, 4),
    gap_ok=st.booleans(),
    no_cross=st.dictionaries(st.just("holding"), st.lists(st.integers(0, 18), max_size=3).map(tuple)),
)


def fewest_requests(wanted: set[Span], link: ModbusLink) -> int:
    """The optimum, found by trying every set of allowed requests."""
    spans_in_order = sorted(wanted)
    whole = (1 << len(spans_in_order)) - 1
    allowed = [mask for mask in range(1, whole + 1) if is_allowed(_chosen(spans_in_order, mask), link)]
    covered, requests = {0}, 0
    while whole not in covered:
        covered = {before | mask for before in covered for mask in allowed}
        requests += 1
    return requests


def _chosen(spans_in_order: list[Span], mask: int) -> list[Span]:
    return [span for place, span in enumerate(spans_in_order) if mask >> place & 1]


def is_allowed(members: list[Span], link: ModbusLink) -> bool:
    if max(span.end for span in members) - members[0].start > link.max_words:
        return False
    try:
        assert_rules_kept(Block(tuple(members)), link)
    except AssertionError:
        return False
    return True


@given(wanted=few_spans, link=tight_links)
def test_requests_of_a_scan_are_as_few_as_can_be(wanted: set[Span], link: ModbusLink) -> None:
    assert len(plan_blocks(wanted, link)) <= 1.1 * fewest_requests(wanted, link)
