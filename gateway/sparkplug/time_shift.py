"""Moves the times of a stored row that our clock gave before it was set; a device's own times stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.sparkplug.codec import parse
from gateway.sparkplug.vocabulary import (
    ALL,
    EVENT,
    ONE,
    RECEIPT,
    UNSYNCED,
    event_text,
    read_event,
    read_receipt,
    receipt_text,
)


def has_unsure_time(body: bytes) -> bool:
    """Whether a row may hold times to move; cheap, and never wrong with False."""
    return UNSYNCED.encode() in body


def unsynced_mark(metric: Any) -> int:
    """ONE or ALL, when the time of a protobuf metric is in doubt; 0 otherwise."""
    if not metric.HasField("properties"):
        return 0
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key == UNSYNCED:
            return ALL if value.int_value == ALL else ONE
    return 0


def shifted(body: bytes, shift_ms: int, *, is_sure: bool) -> bytes:
    """The row with its marked times moved by `shift_ms`, without the marks when that is sure.

    Raises ContractError when the stored bytes are damaged.
    """
    payload = parse(body)
    is_whole = False
    for metric in payload.metrics:
        mark = unsynced_mark(metric)
        is_whole = is_whole or mark == ALL
        if mark or is_whole:
            _shift(metric, shift_ms)
        if mark and is_sure:
            _unmark(metric)
    return bytes(payload.SerializeToString())


def _shift(metric: Any, shift_ms: int) -> None:
    metric.timestamp = max(0, metric.timestamp + shift_ms)
    if metric.name.startswith(EVENT):
        event = read_event(metric.name.removeprefix(EVENT), metric.string_value)
        metric.string_value = event_text(replace(event, occurred_ms=max(0, event.occurred_ms + shift_ms)))
    elif metric.name == RECEIPT:
        receipt = read_receipt(metric.string_value)
        metric.string_value = receipt_text(replace(receipt, at_ms=max(0, receipt.at_ms + shift_ms)))


def _unmark(metric: Any) -> None:
    place = list(metric.properties.keys).index(UNSYNCED)
    del metric.properties.keys[place]
    del metric.properties.values[place]
    if not metric.properties.keys:
        metric.ClearField("properties")
