"""Rows, births and events as Sparkplug metrics."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import (
    CommandReceipt,
    DeviceBirth,
    DeviceEvent,
    DeviceMessage,
    Outcome,
    PointBirth,
    Quality,
    Reading,
)
from gateway.row_reader import RowContent, read_row
from gateway.sparkplug.codec import DataType, decode, parse
from gateway.sparkplug.vocabulary import (
    SPOOL,
    STREAM,
    NodeBirth,
    as_historical,
    device_birth_payload,
    node_birth_payload,
    read_device_birth,
    read_node_birth,
    row_body,
    row_frame,
)

UUID = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"

readings = st.builds(
    Reading,
    point=st.sampled_from(["Power/Active/Total", "Energy/Active/Total", "Relay/1", "Text"]),
    value=st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**60), 2**60),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    measured_ms=st.integers(1, 2**45),
    quality=st.sampled_from(Quality),
)


def framed(message: DeviceMessage) -> bytes:
    return row_frame(row_body(message), stream=UUID, spool=7, seq=3, now_ms=99)


def received(frame: bytes) -> RowContent:
    return read_row(parse(frame), {}, {})


@given(st.lists(readings, max_size=6))
def test_a_row_arrives_as_it_was_put(sent: list[Reading]) -> None:
    row = received(framed(DeviceMessage("a-main", tuple(sent))))
    assert row.readings == sent
    assert [type(reading.value) for reading in row.readings] == [type(reading.value) for reading in sent]
    assert (row.stream, row.spool, row.faults) == (UUID, 7, [])


def test_e11_e15_a_framed_row_is_one_payload_with_seq_and_marks() -> None:
    payload = decode(framed(DeviceMessage("a-main", (Reading("P", 1.5, 42),))))
    assert (payload.seq, payload.timestamp_ms) == (3, 99)
    assert [metric.name for metric in payload.metrics] == ["P", STREAM, SPOOL]
    assert all(metric.datatype is None for metric in payload.metrics)  # tck-id-payloads-metric-datatype-not-req
    assert all(metric.timestamp_ms is not None for metric in payload.metrics)


def test_only_measured_values_become_historical() -> None:
    event = DeviceEvent("e1", "camera.review", "cam-gate", 42, {"zone": "大门"})
    body = row_body(DeviceMessage("", (Reading("P", 1, 42),), event=event))
    flags = {metric.name: metric.is_historical for metric in decode(as_historical(body)).metrics}
    assert flags == {"P": True, "Event/camera.review": False}


def test_events_and_receipts_survive_the_wire() -> None:
    event = DeviceEvent("e1", "camera.review", "cam-gate", 42, {"zone": "大门", "score": 0.5})
    receipt = CommandReceipt("r1", "c1", "a-ac-1", "Setpoint/Temperature", Outcome.VERIFIED, "", 26.0, 43)
    assert received(framed(DeviceMessage("", event=event))).events == [event]
    assert received(framed(DeviceMessage("", receipt=receipt))).receipts == [receipt]


def test_one_bad_metric_is_a_fault_and_the_good_ones_stay() -> None:
    message = parse(framed(DeviceMessage("a-main", (Reading("P", 1.0, 42), Reading("Q", 2.0, 42)))))
    message.metrics[0].double_value = float("nan")
    broken = message.metrics.add()
    broken.name, broken.string_value = "Event/x", "{not json"
    row = received(message.SerializeToString())
    assert [reading.point for reading in row.readings] == ["Q"]
    assert [(fault.metric, fault.is_reading) for fault in row.faults] == [("P", True), ("Event/x", False)]
    assert row.spool == 7


def test_a_device_birth_declares_points_rows_and_commands() -> None:
    points = (
        PointBirth("Setpoint/Temperature", "float", "°C", "gauge", writable=True, value=26.0, measured_ms=5),
        PointBirth("Energy/Active/Total", "int", "Wh", "counter", value=None),
    )
    birth = DeviceBirth("a-ac-1", {"profile": "intesis.ac", "building": "building-a"}, points)
    metrics = decode(device_birth_payload(birth, stream=UUID, seq=1, now_ms=9)).metrics
    types = {metric.name: metric.datatype for metric in metrics}
    assert types["Command/Envelope"] is DataType.BYTES
    assert types["_spool"] is DataType.UINT64
    again = read_device_birth("a-ac-1", metrics)
    assert again.properties == birth.properties
    assert [(p.name, p.datatype, p.unit, p.kind, p.writable, p.value) for p in again.points] == [
        (p.name, p.datatype, p.unit, p.kind, p.writable, p.value) for p in points
    ]


def test_e8_a_node_birth_declares_control_and_session() -> None:
    birth = NodeBirth(UUID, "nonce", {"software": "xietong"}, ("device.life",))
    payload = decode(node_birth_payload(birth, bdseq=4, seq=0, now_ms=9))
    by_name = {metric.name: metric for metric in payload.metrics}
    # tck-id-operational-behavior-data-commands-rebirth-name, -datatype, -value
    assert by_name["Node Control/Rebirth"].value is False
    assert by_name["Node Control/Rebirth"].datatype is DataType.BOOLEAN
    assert by_name["bdSeq"].value == 4
    assert read_node_birth(payload.metrics) == birth
