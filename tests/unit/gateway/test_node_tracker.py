"""What the host makes of births, deaths, gaps and data."""

from __future__ import annotations

from gateway.deliveries import DeviceBorn, DeviceLost, Malformed, NodeBorn, NodeLost, RebirthWanted, RowArrived
from gateway.messages import DeviceBirth, DeviceMessage, PointBirth, Reading
from gateway.node_tracker import HELD_PER_NODE, REORDER_WITHIN_MS, NodeTracker
from gateway.sparkplug.codec import DataType, Metric, Payload, encode
from gateway.sparkplug.vocabulary import NodeBirth, device_birth_payload, node_birth_payload, row_body, row_frame

UUID = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
BASE = "spBv1.0/demo-county"


def nbirth(bdseq: int = 1) -> bytes:
    return node_birth_payload(NodeBirth(UUID, "n", {}), bdseq=bdseq, seq=0, now_ms=1)


def dbirth(seq: int) -> bytes:
    birth = DeviceBirth("a-main", {}, (PointBirth("P", "float"),))
    return device_birth_payload(birth, stream=UUID, seq=seq, now_ms=1)


def ddata(seq: int, spool: int = 1) -> bytes:
    body = row_body(DeviceMessage("a-main", (Reading("P", 1.0, 5),)))
    return row_frame(body, stream=UUID, spool=spool, seq=seq, now_ms=6)


def ndeath(bdseq: int) -> bytes:
    return encode(Payload(2, (Metric("bdSeq", bdseq, 2, DataType.INT64),)))


def born() -> NodeTracker:
    tracker = NodeTracker()
    tracker.feed(f"{BASE}/NBIRTH/edge-1", nbirth(), 10)
    tracker.feed(f"{BASE}/DBIRTH/edge-1/a-main", dbirth(1), 10)
    return tracker


def kinds(heard: list[object]) -> list[type]:
    return [type(one) for one in heard]


def test_births_and_data_in_sequence_are_passed_on() -> None:
    tracker = NodeTracker()
    assert kinds([*tracker.feed(f"{BASE}/NBIRTH/edge-1", nbirth(), 10)]) == [NodeBorn]
    assert kinds([*tracker.feed(f"{BASE}/DBIRTH/edge-1/a-main", dbirth(1), 10)]) == [DeviceBorn]
    (row,) = tracker.feed(f"{BASE}/DDATA/edge-1/a-main", ddata(2), 10)
    assert isinstance(row, RowArrived)
    assert (row.stream, row.spool, row.readings) == (UUID, 1, (Reading("P", 1.0, 5),))


def test_h9_a_gap_that_stays_keeps_the_rows_and_wants_one_rebirth() -> None:
    # operational-behavior-host-reordering-param, -start, -rebirth
    tracker = born()
    for seq in (5, 4):
        assert tracker.feed(f"{BASE}/DDATA/edge-1/a-main", ddata(seq, spool=seq), 10) == []
    assert tracker.overdue(9 + REORDER_WITHIN_MS) == []
    wanted, *rows = tracker.overdue(10 + REORDER_WITHIN_MS)
    assert isinstance(wanted, RebirthWanted)
    assert [one.spool for one in rows if isinstance(one, RowArrived)] == [4, 5]
    assert tracker.overdue(10 + 2 * REORDER_WITHIN_MS) == []
    assert kinds([*tracker.feed(f"{BASE}/DDATA/edge-1/a-main", ddata(6), 10)]) == [RowArrived]


def test_h9_a_gap_that_is_filled_in_time_is_read_in_order_without_a_rebirth() -> None:
    # operational-behavior-host-reordering-success
    tracker = born()
    heard = [one for seq in (4, 3, 2) for one in tracker.feed(f"{BASE}/DDATA/edge-1/a-main", ddata(seq, spool=seq), 10)]
    assert [one.spool for one in heard if isinstance(one, RowArrived)] == [2, 3, 4]
    assert tracker.overdue(10 + REORDER_WITHIN_MS) == []


def test_a_gap_never_holds_more_than_a_handful_of_messages() -> None:
    tracker, heard = born(), []
    for seq in range(3, 3 + HELD_PER_NODE):
        heard += tracker.feed(f"{BASE}/DDATA/edge-1/a-main", ddata(seq), 10)
    assert kinds([*heard]) == [RebirthWanted, *[RowArrived] * HELD_PER_NODE]


def test_seq_wraps_from_255_to_0_without_a_gap() -> None:
    tracker = born()
    for number in range(2, 300):
        assert kinds([*tracker.feed(f"{BASE}/DDATA/edge-1/a-main", ddata(number % 256), 10)]) == [RowArrived]


def test_data_of_a_node_never_born_is_kept_and_a_rebirth_is_wanted() -> None:
    heard = NodeTracker().feed(f"{BASE}/DDATA/edge-1/a-main", ddata(9), 10)
    assert kinds([*heard]) == [RebirthWanted, RowArrived]


def test_h6_only_the_death_of_the_living_session_counts() -> None:
    tracker = born()
    assert tracker.feed(f"{BASE}/NDEATH/edge-1", ndeath(0), 20) == []
    assert tracker.feed(f"{BASE}/NDEATH/edge-1", ndeath(1), 20) == [NodeLost("demo-county", "edge-1", 20)]
    assert tracker.feed(f"{BASE}/NDEATH/edge-1", ndeath(1), 21) == []


def test_h7_a_device_death_takes_that_device_at_the_edges_time() -> None:
    death = encode(Payload(7, (), seq=2))
    assert born().feed(f"{BASE}/DDEATH/edge-1/a-main", death, 20) == [DeviceLost("demo-county", "edge-1", "a-main", 7)]


def test_h8_losing_the_broker_loses_every_living_node_once() -> None:
    tracker = born()
    assert tracker.lose_all(30) == [NodeLost("demo-county", "edge-1", 30)]
    assert tracker.lose_all(31) == []


def test_h11_alias_only_data_of_a_foreign_edge_waits_for_its_birth() -> None:
    tracker = NodeTracker()
    alias_only = encode(Payload(5, (Metric("", 3.5, 5, alias=9),), seq=2))
    assert kinds([*tracker.feed(f"{BASE}/DDATA/foreign/m1", alias_only, 10)]) == [RebirthWanted, RebirthWanted]
    tracker.feed(f"{BASE}/NBIRTH/foreign", encode(Payload(1, (), seq=0)), 11)
    birth = encode(Payload(1, (Metric("P", 1.0, 1, DataType.DOUBLE, alias=9),), seq=1))
    heard = tracker.feed(f"{BASE}/DBIRTH/foreign/m1", birth, 12)
    (row,) = [one for one in heard if isinstance(one, RowArrived)]
    assert (row.stream, row.readings) == ("", (Reading("P", 3.5, 5),))


def test_h11_aliases_of_an_ended_session_explain_nothing_any_more() -> None:
    for end in ("broker", "death"):
        tracker = NodeTracker()
        tracker.feed(f"{BASE}/NBIRTH/foreign", encode(Payload(1, (Metric("bdSeq", 1, 1, DataType.INT64),), seq=0)), 11)
        birth = encode(Payload(1, (Metric("P", 1.0, 1, DataType.DOUBLE, alias=9),), seq=1))
        tracker.feed(f"{BASE}/DBIRTH/foreign/m1", birth, 12)
        if end == "broker":
            tracker.lose_all(13)
        else:
            tracker.feed(f"{BASE}/NDEATH/foreign", ndeath(1), 13)
        alias_only = encode(Payload(5, (Metric("", 3.5, 5, alias=9),), seq=2))
        assert set(kinds([*tracker.feed(f"{BASE}/DDATA/foreign/m1", alias_only, 14)])) == {RebirthWanted}


def test_h13_transient_values_are_not_passed_on_and_null_is_not_zero() -> None:
    metrics = (Metric("P", 1.0, 5, is_transient=True), Metric("Q", None, 5), Metric("R", 0.0, 5))
    (row,) = born().feed(f"{BASE}/DDATA/edge-1/a-main", encode(Payload(5, metrics, seq=2)), 10)
    assert isinstance(row, RowArrived)
    assert [(one.point, one.value) for one in row.readings] == [("Q", None), ("R", 0.0)]


def test_what_cannot_be_read_is_malformed_with_its_bytes() -> None:
    tracker = born()
    (heard,) = tracker.feed(f"{BASE}/DDATA/edge-1/a-main", b"\xff\xff", 10)
    assert isinstance(heard, Malformed)
    assert heard.payload == b"\xff\xff"
    (heard,) = tracker.feed("spBv1.0/x/WHAT/edge", b"", 10)
    assert isinstance(heard, Malformed)
