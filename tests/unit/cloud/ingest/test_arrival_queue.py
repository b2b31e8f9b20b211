"""The queue before the store is bounded by points, keeps its order, and loses count of nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.arrival_queue import ArrivalQueue, points_of
from gateway.deliveries import Delivery, DeviceBorn, Malformed, NodeLost, RowArrived
from gateway.messages import DeviceBirth, PointBirth, Reading

MOST = 100


def row(readings: int) -> RowArrived:
    values = tuple(Reading("P", float(n), n) for n in range(readings))
    return RowArrived("g", "edge-1", "a-main", "stream", 1, values, (), (), (), "topic", b"")


def birth(points: int) -> DeviceBorn:
    declared = tuple(PointBirth(f"P{n}", "float") for n in range(points))
    return DeviceBorn("g", "edge-1", DeviceBirth("a-main", {}, declared), 1)


deliveries = st.one_of(
    st.builds(row, st.integers(0, 60)),
    st.builds(birth, st.integers(0, 3)),
    st.builds(lambda size: Malformed("topic", b"x" * size, "unreadable", 1), st.integers(0, 9_000)),
    st.just(NodeLost("g", "edge-1", 1)),
)
steps = st.lists(st.one_of(st.lists(deliveries, max_size=6), st.integers(1, 80)), max_size=40)


@given(steps)
def test_what_goes_in_comes_out_in_order_or_is_counted_as_left_out(plan: list[list[Delivery] | int]) -> None:
    queue = ArrivalQueue(MOST)
    put, taken = [], []
    for step in plan:
        if isinstance(step, int):
            batch = queue.take(step)
            assert len(batch) <= 1 or sum(map(points_of, batch)) <= step
            assert batch or len(queue) == 0
            taken += batch
            continue
        before = queue.points
        queue.put(step)
        put += step
        rows = [one for one in step if isinstance(one, RowArrived | Malformed)]
        lives = sum(points_of(one) for one in step if one not in rows)
        biggest = max(map(points_of, rows), default=0)
        assert queue.points <= max(before, MOST, biggest) + lives
    taken += queue.take(10**9)
    assert (queue.points, len(queue)) == (0, 0)
    found = iter(put)
    assert all(any(one is other for other in found) for one in taken)
    assert len(put) - len(taken) == queue.left_out
    assert sum(not isinstance(one, RowArrived | Malformed) for one in put) == sum(
        not isinstance(one, RowArrived | Malformed) for one in taken
    )
