"""How often a host asks for rebirths when it lost track of everybody at once."""

from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.rng import SeededRng
from gateway.deliveries import NodeBorn, RebirthWanted
from gateway.node_tracker import NodeTracker
from gateway.rebirth_pacing import BURST, JITTER_S, NODE_INTERVAL_S, PER_SECOND, NodeId, RebirthPacing
from gateway.sparkplug.codec import Metric, Payload, encode
from gateway.sparkplug.vocabulary import NodeBirth, node_birth_payload

NODES = 500
TICK_S = 0.1
UUID = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"


def unknown_data(seq: int) -> bytes:
    return encode(Payload(5, (Metric("", 3.5, 5, alias=9),), seq))


def test_a_whole_system_that_restarts_is_asked_at_a_bounded_pace_and_completely() -> None:
    """500 nodes send one message a second to a host that knows none of them; each answers when it is asked."""
    tracker, pacing = NodeTracker(), RebirthPacing(SeededRng(4))
    asked: list[tuple[float, NodeId]] = []
    for tick in range(600):
        now = tick * TICK_S
        for number in range(NODES):
            if number % 10 == tick % 10:
                topic = f"spBv1.0/county/NDATA/edge-{number}"
                for heard in tracker.feed(topic, unknown_data(tick // 10 % 256), round(now * 1000)):
                    if isinstance(heard, RebirthWanted):
                        pacing.want((heard.group, heard.node), now)
        for group, node in pacing.due(now):
            asked.append((now, (group, node)))
            birth = node_birth_payload(NodeBirth(UUID, "n", {}), bdseq=0, seq=0, now_ms=1)
            (born,) = [
                one
                for one in tracker.feed(f"spBv1.0/{group}/NBIRTH/{node}", birth, round(now * 1000))
                if isinstance(one, NodeBorn)
            ]
            pacing.born((born.group, born.node))
    per_second = Counter(int(at) for at, _ in asked)
    assert max(per_second.values()) <= BURST + PER_SECOND
    assert len({node for at, node in asked if at < NODES / PER_SECOND + 2}) == NODES
    for one_node in {node for _, node in asked}:
        times = [at for at, one in asked if one == one_node]
        assert all(later - earlier >= NODE_INTERVAL_S for earlier, later in itertools.pairwise(times))


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 30)), max_size=300))
def test_no_node_is_asked_twice_within_its_interval_and_all_together_stay_below_the_cap(
    steps: list[tuple[float, int]],
) -> None:
    pacing, now = RebirthPacing(SeededRng(1)), 0.0
    asked: list[tuple[float, NodeId]] = []
    for pause, number in steps:
        now += pause
        pacing.want(("g", str(number)), now)
        asked += [(now, node) for node in pacing.due(now)]
    last: dict[NodeId, float] = {}
    for at, node in asked:
        assert at - last.get(node, float("-inf")) >= NODE_INTERVAL_S
        last[node] = at
    assert len(asked) <= BURST + PER_SECOND * now


def test_a_node_whose_births_came_meanwhile_is_not_asked() -> None:
    pacing = RebirthPacing(SeededRng(1))
    pacing.want(("g", "a"), 0.0)
    pacing.born(("g", "a"))
    assert pacing.due(JITTER_S) == []
