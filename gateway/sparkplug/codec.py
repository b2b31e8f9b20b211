"""Metrics to and from Sparkplug B payload bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from google.protobuf.message import DecodeError

from foundation.errors import ContractError
from gateway.sparkplug.schema import MetricMessage, PayloadMessage

MetricValue = bool | int | float | str | bytes | None


class DataType(IntEnum):
    """Sparkplug 3.0 data types that carry one scalar (chapter 6, table of data types)."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    BYTES = 17
    FILE = 18


_FIELD: dict[DataType, str] = {
    **dict.fromkeys((DataType.INT8, DataType.INT16, DataType.INT32), "int_value"),
    **dict.fromkeys((DataType.UINT8, DataType.UINT16, DataType.UINT32), "int_value"),
    **dict.fromkeys((DataType.INT64, DataType.UINT64, DataType.DATETIME), "long_value"),
    DataType.FLOAT: "float_value",
    DataType.DOUBLE: "double_value",
    DataType.BOOLEAN: "boolean_value",
    **dict.fromkeys((DataType.STRING, DataType.TEXT, DataType.UUID), "string_value"),
    **dict.fromkeys((DataType.BYTES, DataType.FILE), "bytes_value"),
}
# Signed integers travel as two's complement in an unsigned field of this many bits.
_SIGNED_BITS = {DataType.INT8: 32, DataType.INT16: 32, DataType.INT32: 32, DataType.INT64: 64}
_NARROW_BITS = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `datatype` is given in births and absent in DATA; `name` or `alias` may be absent, not both."""

    name: str
    value: MetricValue
    timestamp_ms: int | None = None
    datatype: DataType | None = None
    alias: int | None = None
    is_historical: bool = False
    is_transient: bool = False
    properties: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payload:
    """`seq` is absent on NDEATH, NCMD and DCMD."""

    timestamp_ms: int | None
    metrics: tuple[Metric, ...]
    seq: int | None = None


def datatype_of(value: MetricValue) -> DataType:
    """The type under which this product sends a Python value; None has no type and raises ValueError."""
    match value:
        case bool():
            return DataType.BOOLEAN
        case int():
            return DataType.INT64
        case float():
            return DataType.DOUBLE
        case str():
            return DataType.STRING
        case bytes():
            return DataType.BYTES
        case None:
            raise ValueError("a missing value has no datatype")


def encode(payload: Payload) -> bytes:
    """Payload bytes; metrics without a datatype are typed by their Python value, and the type is not sent."""
    message = PayloadMessage()
    if payload.timestamp_ms is not None:
        message.timestamp = payload.timestamp_ms
    if payload.seq is not None:
        message.seq = payload.seq
    for metric in payload.metrics:
        add_metric(message, metric)
    return bytes(message.SerializeToString())


def add_metric(message: Any, metric: Metric) -> None:
    """Append one metric to a protobuf payload."""
    target = message.metrics.add()
    if metric.name:
        target.name = metric.name
    if metric.alias is not None:
        target.alias = metric.alias
    if metric.timestamp_ms is not None:
        target.timestamp = metric.timestamp_ms
    if metric.datatype is not None:
        target.datatype = metric.datatype
    if metric.is_historical:
        target.is_historical = True
    if metric.is_transient:
        target.is_transient = True
    if metric.value is None:
        target.is_null = True
    else:
        _set_value(target, metric.value, metric.datatype or datatype_of(metric.value))
    for key, value in metric.properties.items():
        _add_property(target.properties, key, value)


def add_plain_float(
    message: Any, name: str, value: float, timestamp_ms: int, properties: Mapping[str, int] = MappingProxyType({})
) -> None:
    """As `add_metric` of a float with at most whole numbers as properties, several times as fast.

    Most metrics are of this kind.
    """
    shared = _property_set(tuple(properties.items())) if properties else None
    message.metrics.add(name=name, timestamp=timestamp_ms, double_value=value, properties=shared)


@lru_cache(maxsize=64)
def _property_set(properties: tuple[tuple[str, int], ...]) -> Any:
    """A protobuf set of properties, to be copied into metrics and never changed."""
    found = MetricMessage().properties
    for key, value in properties:
        _add_property(found, key, value)
    return found


def _set_value(target: Any, value: bool | int | float | str | bytes, datatype: DataType) -> None:
    bits = _SIGNED_BITS.get(datatype)
    if bits is not None:
        value = int(value) & ((1 << bits) - 1)
    setattr(target, _FIELD[datatype], value)


def _add_property(properties: Any, key: str, value: str | int | bool) -> None:
    properties.keys.append(key)
    target = properties.values.add()
    if isinstance(value, bool):
        target.type, target.boolean_value = DataType.BOOLEAN, value
    elif isinstance(value, int):
        target.type, target.int_value = DataType.INT32, value & 0xFFFFFFFF
    else:
        target.type, target.string_value = DataType.STRING, value


def decode(data: bytes) -> Payload:
    """Payload of bytes; integers without a datatype stay unsigned until `typed` is applied. Raises ContractError."""
    message = parse(data)
    return Payload(
        message.timestamp if message.HasField("timestamp") else None,
        tuple(_metric(one) for one in message.metrics),
        message.seq if message.HasField("seq") else None,
    )


def parse(data: bytes) -> Any:
    """The protobuf message of payload bytes; raises ContractError."""
    message = PayloadMessage()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise ContractError(f"not a Sparkplug payload: {error}") from error
    return message


def _metric(message: Any) -> Metric:
    datatype = _datatype(message.datatype) if message.HasField("datatype") else None
    if not isinstance(message.name, str):  # protobuf hands over bytes when they are not UTF-8
        raise ContractError("a metric name is not UTF-8")
    return Metric(
        name=message.name,
        value=raw_value(message, datatype),
        timestamp_ms=message.timestamp if message.HasField("timestamp") else None,
        datatype=datatype,
        alias=message.alias if message.HasField("alias") else None,
        is_historical=message.is_historical,
        is_transient=message.is_transient,
        properties=_properties(message.properties) if message.HasField("properties") else {},
    )


def _datatype(number: int) -> DataType:
    try:
        return DataType(number)
    except ValueError:
        raise ContractError(f"data type {number} is not supported") from None


def raw_value(message: Any, datatype: DataType | None) -> MetricValue:
    """The value of a protobuf metric, signed as `datatype` says; None when null or absent."""
    field_name = message.WhichOneof("value")
    if message.is_null or field_name is None:
        return None
    value: MetricValue = getattr(message, field_name)
    return typed(value, datatype)


def typed(value: MetricValue, datatype: DataType | None) -> MetricValue:
    """Turn an unsigned wire integer into the signed one that `datatype` means; other values pass."""
    bits = _NARROW_BITS.get(datatype) if datatype is not None else None
    if bits is None or not isinstance(value, int) or isinstance(value, bool):
        return value
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >= 1 << (bits - 1) else value


def _properties(message: Any) -> dict[str, str | int | bool]:
    found: dict[str, str | int | bool] = {}
    for key, value in zip(message.keys, message.values, strict=False):
        field_name = value.WhichOneof("value")
        if field_name is not None and not value.is_null:
            found[key] = getattr(value, field_name)
    return found
