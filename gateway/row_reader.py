"""Reads the metrics of a DATA message into readings, events and receipts, setting single bad metrics aside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from foundation.errors import ContractError
from gateway.deliveries import Fault
from gateway.messages import CommandReceipt, DeviceEvent, Quality, Reading
from gateway.sparkplug.codec import DataType, raw_value
from gateway.sparkplug.time_shift import unsynced_mark
from gateway.sparkplug.vocabulary import ALL, EVENT, QUALITY, RECEIPT, SPOOL, STREAM, read_event, read_receipt
from gateway.stream import MAX_SPOOL

# Rows of our own edges carry names and can be read without a birth: the wire field tells the type.
_SELF_DESCRIBED = {"long_value": DataType.INT64, "int_value": DataType.INT32}
_QUALITIES = {int(quality): quality for quality in Quality}
_FLOAT, _WHOLE = DataType.DOUBLE, DataType.INT64
_WHOLE_FROM, _WHOLES = 2**63, 2**64


@dataclass(slots=True)
class RowContent:
    """Everything one DATA message holds.

    `unsynced` counts readings whose time no time server stands behind; `is_unsynced` is said of all that follow.
    """

    stream: str = ""
    spool: int = 0
    readings: list[Reading] = field(default_factory=list)
    events: list[DeviceEvent] = field(default_factory=list)
    receipts: list[CommandReceipt] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unknown: int = 0
    unsynced: int = 0
    is_unsynced: bool = False


def read_row(message: Any, datatypes: Mapping[str, DataType], aliases: Mapping[int, str]) -> RowContent:
    """The content of a parsed DATA payload. `unknown` counts metrics that only a birth could explain."""
    row = RowContent()
    for metric in message.metrics:
        name = metric.name or aliases.get(metric.alias, "")
        if not name:
            row.unknown += 1
            continue
        if metric.is_transient:  # of the moment only: a store has no place for it (Sparkplug chapter 6)
            continue
        datatype = datatypes.get(name)
        if (value := _plain_number(metric, datatype)) is not None:
            row.readings.append(Reading(name, value, metric.timestamp or message.timestamp))
            row.unsynced += row.is_unsynced
            continue
        if not isinstance(name, str):  # protobuf hands over bytes when they are not UTF-8
            row.faults.append(Fault(repr(name)[:80], "the name is not UTF-8", is_reading=True))
            continue
        try:
            _read_metric(row, name, metric, datatype, message.timestamp)
        except ContractError as error:
            is_reading = not (name.startswith(EVENT) or name == RECEIPT)
            row.faults.append(Fault(name, str(error), is_reading))
    return row


def _plain_number(metric: Any, datatype: DataType | None) -> float | int | None:
    """The value of a good number as its birth declared it, as most metrics are; None calls for a closer look."""
    if datatype is _FLOAT:
        if not metric.HasField("double_value") or metric.HasField("properties") or metric.is_null:
            return None
        number: float = metric.double_value
        return number if math.isfinite(number) else None
    if datatype is _WHOLE:
        if not metric.HasField("long_value") or metric.HasField("properties") or metric.is_null:
            return None
        whole: int = metric.long_value
        return whole if whole < _WHOLE_FROM else whole - _WHOLES
    return None


def _read_metric(row: RowContent, name: str, metric: Any, datatype: DataType | None, payload_ms: int) -> None:
    if datatype is None:
        datatype = _SELF_DESCRIBED.get(metric.WhichOneof("value") or "")
    value = raw_value(metric, datatype)
    if name == STREAM:
        row.stream = str(value)
    elif name == SPOOL:
        row.spool = value if isinstance(value, int) and 0 < value <= MAX_SPOOL else 0
    elif name.startswith(EVENT):
        row.events.append(read_event(name.removeprefix(EVENT), _text(value)))
    elif name == RECEIPT:
        row.receipts.append(read_receipt(_text(value)))
    else:
        row.readings.append(_reading(name, metric, value, payload_ms))
        mark = unsynced_mark(metric)
        row.is_unsynced = row.is_unsynced or mark == ALL
        row.unsynced += mark > 0 or row.is_unsynced


def _reading(name: str, metric: Any, value: Any, payload_ms: int) -> Reading:
    if isinstance(value, bytes):
        raise ContractError("a measured value cannot be bytes")
    if isinstance(value, float) and not math.isfinite(value):
        raise ContractError(f"value {value} is not a number")
    return Reading(name, value, metric.timestamp or payload_ms, _quality(metric))


def _quality(metric: Any) -> Quality:
    if not metric.HasField("properties"):
        return Quality.GOOD
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key == QUALITY:
            return _QUALITIES.get(value.int_value, Quality.BAD)
    return Quality.GOOD


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ContractError("must be a text")
    return value
