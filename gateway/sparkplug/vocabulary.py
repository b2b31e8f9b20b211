"""This product's messages as Sparkplug metrics: rows of the stream, births, controls.

Besides the points of a device a birth declares: `_stream` and `_spool` (decision 2), `Event/<kind>` (JSON text),
`Command/Receipt` (JSON text), `Command/Envelope` (bytes) and `Properties/<key>` (text).
A metric with the property `Unsynced` has a time that no time server stands behind; 2 says so of the whole message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from foundation.errors import ContractError
from gateway.messages import (
    CommandReceipt,
    DeviceBirth,
    DeviceEvent,
    DeviceMessage,
    Outcome,
    PointBirth,
    Quality,
)
from gateway.sparkplug.aliases import AliasBook, swap_names
from gateway.sparkplug.codec import DataType, Metric, Payload, add_metric, add_plain_float, encode, parse
from gateway.sparkplug.schema import PayloadMessage

STREAM = "_stream"
SPOOL = "_spool"
BDSEQ = "bdSeq"
REBIRTH = "Node Control/Rebirth"
ACK = "Node Control/Ack"
NONCE = "Session/Nonce"
EVENT = "Event/"
RECEIPT = "Command/Receipt"
ENVELOPE = "Command/Envelope"
PROPERTY = "Properties/"
QUALITY = "Quality"
UNSYNCED = "Unsynced"
ONE, ALL = 1, 2
"""Values of UNSYNCED: of this metric, of this and all that follow in the message."""
NAMED = (BDSEQ, REBIRTH, ACK, ENVELOPE)
"""Metrics without an alias: the node control ones, and what hosts send to us by name."""
MAX_TEXT = 512
LATEST_MS = 9_000_000_000_000
"""The year 2255: a later time no calendar of ours shows."""

POINT_TYPES = {
    "int": DataType.INT64,
    "float": DataType.DOUBLE,
    "bool": DataType.BOOLEAN,
    "text": DataType.STRING,
}
"""Point.datatype of a profile -> type declared in the birth."""

_POINT_NAMES = {
    **dict.fromkeys((DataType.FLOAT, DataType.DOUBLE), "float"),
    DataType.BOOLEAN: "bool",
    **dict.fromkeys((DataType.STRING, DataType.TEXT, DataType.UUID), "text"),
}


@dataclass(frozen=True, slots=True)
class NodeBirth:
    """What an edge node says of itself at the start of a session."""

    stream: str
    nonce: str
    properties: Mapping[str, str]
    events: tuple[str, ...] = ()


def never(at_ms: int) -> bool:
    """No time is in doubt."""
    return False


def always(at_ms: int) -> bool:
    """Every time is in doubt."""
    return True


def row_body(message: DeviceMessage, *, is_historical: bool = False, is_unsure: Callable[[int], bool] = never) -> bytes:
    """The metrics of one outbox row, by name, ready to be framed for sending at any later time.

    `is_unsure` says of a time whether our clock gave it while no time server stood behind that.
    """
    payload = PayloadMessage()
    for place, reading in enumerate(message.readings):
        properties = {} if reading.quality is Quality.GOOD else {QUALITY: int(reading.quality)}
        if is_unsure is not never:
            properties |= _time_mark(is_unsure, reading.measured_ms, place)
        if not is_historical and type(reading.value) is float:
            add_plain_float(payload, reading.point, reading.value, reading.measured_ms, properties)
            continue
        add_metric(
            payload,
            Metric(
                reading.point,
                reading.value,
                reading.measured_ms,
                is_historical=is_historical,
                properties=properties,
            ),
        )
    if message.event is not None:
        event = message.event
        marks = _time_mark(is_unsure, event.occurred_ms)
        add_metric(payload, Metric(EVENT + event.kind, event_text(event), event.occurred_ms, properties=marks))
    if message.receipt is not None:
        at_ms = message.receipt.at_ms
        marks = _time_mark(is_unsure, at_ms)
        add_metric(payload, Metric(RECEIPT, receipt_text(message.receipt), at_ms, properties=marks))
    return bytes(payload.SerializeToString())


def _time_mark(is_unsure: Callable[[int], bool], at_ms: int, place: int = 0) -> dict[str, int]:
    if is_unsure is always:
        return {} if place else {UNSYNCED: ALL}
    return {UNSYNCED: ONE} if is_unsure(at_ms) else {}


def row_frame(
    body: bytes, *, stream: str, spool: int, seq: int, now_ms: int, aliases: dict[str, int] | None = None
) -> bytes:
    """A whole DATA payload of a stored row: its names replaced by `aliases`, its marks and `seq` added.

    Raises ContractError when the stored bytes are damaged.
    """
    payload = parse(body)
    payload.timestamp, payload.seq = now_ms, seq
    add_metric(payload, Metric(STREAM, stream, now_ms))
    mark = payload.metrics.add()
    mark.name, mark.timestamp, mark.long_value = SPOOL, now_ms, spool
    if aliases:
        swap_names(payload, aliases)
    return bytes(payload.SerializeToString())


def as_historical(body: bytes) -> bytes:
    """The same row with every measured value marked is_historical; events and receipts stay as they are."""
    payload = parse(body)
    for metric in payload.metrics:
        if not metric.name.startswith(EVENT) and metric.name != RECEIPT:
            metric.is_historical = True
    return bytes(payload.SerializeToString())


def node_birth_payload(
    birth: NodeBirth, *, bdseq: int, seq: int, now_ms: int, aliases: AliasBook | None = None
) -> bytes:
    """NBIRTH bytes: every metric that the node itself will ever send in this session; `aliases` books them."""
    metrics = [
        Metric(BDSEQ, bdseq, now_ms, DataType.INT64),
        Metric(REBIRTH, False, now_ms, DataType.BOOLEAN),
        Metric(ACK, None, now_ms, DataType.STRING),
        Metric(NONCE, birth.nonce, now_ms, DataType.STRING),
        *_row_marks(birth.stream, now_ms),
        Metric(RECEIPT, None, now_ms, DataType.STRING),
        *_declared(birth.properties, birth.events, now_ms),
    ]
    return _birth_bytes("", metrics, seq, now_ms, aliases)


def device_birth_payload(
    birth: DeviceBirth, *, stream: str, seq: int, now_ms: int, aliases: AliasBook | None = None
) -> bytes:
    """DBIRTH bytes: points with type, unit, kind and last value, and the other metrics of the device."""
    metrics = [
        *(_point_metric(point, now_ms) for point in birth.points),
        *_row_marks(stream, now_ms),
        *_declared(birth.properties, birth.events, now_ms),
    ]
    if any(point.writable for point in birth.points):
        metrics.append(Metric(RECEIPT, None, now_ms, DataType.STRING))
        metrics.append(Metric(ENVELOPE, None, now_ms, DataType.BYTES))
    return _birth_bytes(birth.device, metrics, seq, now_ms, aliases)


def _birth_bytes(device: str, metrics: list[Metric], seq: int, now_ms: int, aliases: AliasBook | None) -> bytes:
    declared = tuple(metrics) if aliases is None else aliases.declare(device, metrics)
    return encode(Payload(now_ms, declared, seq))


def _row_marks(stream: str, now_ms: int) -> tuple[Metric, Metric]:
    return Metric(STREAM, stream, now_ms, DataType.STRING), Metric(SPOOL, None, now_ms, DataType.UINT64)


def _declared(properties: Mapping[str, str], events: Iterable[str], now_ms: int) -> list[Metric]:
    return [
        *(Metric(PROPERTY + key, value, now_ms, DataType.STRING) for key, value in properties.items()),
        *(Metric(EVENT + kind, None, now_ms, DataType.STRING) for kind in events),
    ]


def _point_metric(point: PointBirth, now_ms: int) -> Metric:
    properties: dict[str, str | int | bool] = {"unit": point.unit, "kind": point.kind, "writable": point.writable}
    if point.quality is not Quality.GOOD:
        properties[QUALITY] = int(point.quality)
    return Metric(
        point.name,
        point.value,
        point.measured_ms or now_ms,
        POINT_TYPES[point.datatype],
        properties=properties,
    )


def read_node_birth(metrics: Iterable[Metric]) -> NodeBirth:
    """The node's own words out of its NBIRTH; foreign nodes have no stream and no nonce."""
    values = {metric.name: metric.value for metric in metrics}
    return NodeBirth(
        stream=str(values.get(STREAM) or ""),
        nonce=str(values.get(NONCE) or ""),
        properties=_read_properties(values),
        events=_read_events(values),
    )


def read_device_birth(device: str, metrics: Iterable[Metric]) -> DeviceBirth:
    """A device out of its DBIRTH."""
    metrics = list(metrics)
    values = {metric.name: metric.value for metric in metrics}
    own = (STREAM, SPOOL, RECEIPT, ENVELOPE)
    points = tuple(
        _read_point(metric)
        for metric in metrics
        if metric.name not in own and not metric.name.startswith((EVENT, PROPERTY))
    )
    return DeviceBirth(device, _read_properties(values), points, _read_events(values))


def _read_point(metric: Metric) -> PointBirth:
    value = metric.value
    return PointBirth(
        name=metric.name,
        datatype=_POINT_NAMES.get(metric.datatype or DataType.UNKNOWN, "int"),
        unit=str(metric.properties.get("unit", "")),
        kind=str(metric.properties.get("kind", "gauge")),
        writable=bool(metric.properties.get("writable", False)),
        value=None if isinstance(value, bytes) else value,
        measured_ms=metric.timestamp_ms or 0,
    )


def _read_properties(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix(PROPERTY): str(value)
        for name, value in values.items()
        if name.startswith(PROPERTY) and value is not None
    }


def _read_events(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name.removeprefix(EVENT) for name in values if name.startswith(EVENT))


def event_text(event: DeviceEvent) -> str:
    """JSON of a device event; `kind` is in the metric's name."""
    content = {"id": event.event_id, "device": event.device, "at": event.occurred_ms, "data": dict(event.data)}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def read_event(kind: str, text: str) -> DeviceEvent:
    """A device event of its JSON; anything else raises ContractError."""
    content = _object(text)
    try:
        event = DeviceEvent(content["id"], kind, content["device"], content["at"], content["data"])
    except KeyError as error:
        raise ContractError(f"event without {error}") from error
    if not (event.event_id and _is_text(event.event_id) and _is_text(event.device)):
        raise ContractError("event id and device must be texts")
    if not _is_time(event.occurred_ms) or not isinstance(event.data, dict):
        raise ContractError("event time must be whole milliseconds and its data an object")
    return event


def receipt_text(receipt: CommandReceipt) -> str:
    """JSON of a command receipt."""
    return json.dumps(asdict(receipt), ensure_ascii=False, separators=(",", ":"))


def read_receipt(text: str) -> CommandReceipt:
    """A command receipt of its JSON; anything else raises ContractError."""
    content = _object(text)
    try:
        receipt = CommandReceipt(**{**content, "outcome": Outcome(content["outcome"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(f"not a receipt: {error}") from error
    texts = (receipt.receipt_id, receipt.command_id, receipt.device, receipt.point, receipt.reason)
    if not (all(map(_is_text, texts)) and _is_time(receipt.at_ms)):
        raise ContractError("not a receipt: a field has the wrong type")
    if not isinstance(receipt.read_back, bool | int | float | str | None):
        raise ContractError("not a receipt: read_back is no value")
    return receipt


def _is_text(value: object) -> bool:
    """A text that databases and topics can hold: not endless, no lone surrogates."""
    return isinstance(value, str) and len(value) <= MAX_TEXT and not any("\ud800" <= one <= "\udfff" for one in value)


def _is_time(value: object) -> bool:
    return type(value) is int and 0 <= value < LATEST_MS


def _object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ContractError("not a JSON object")
    return content
