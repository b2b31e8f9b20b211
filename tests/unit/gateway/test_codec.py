"""Sparkplug payload bytes, against hand-made protobuf and over round trips."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ContractError
from gateway.sparkplug.codec import (
    DataType,
    Metric,
    Payload,
    add_metric,
    add_plain_float,
    decode,
    encode,
    typed,
)
from gateway.sparkplug.schema import PayloadMessage

# Payload{timestamp=5, metrics=[{name="a", timestamp=7, datatype=Int64, long_value=2^64-5}], seq=1}, by hand:
# 08 05 | 12 len { 0A 01 61 | 18 07 | 20 04 | 58 FB FF FF FF FF FF FF FF FF 01 } | 18 01
HAND_MADE = bytes.fromhex("0805 1212 0A0161 1807 2004 58FBFFFFFFFFFFFFFFFF01 1801".replace(" ", ""))

values = st.one_of(
    st.tuples(st.just(DataType.INT64), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(DataType.INT32), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(DataType.UINT64), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(DataType.DOUBLE), st.floats(allow_nan=False)),
    st.tuples(st.just(DataType.BOOLEAN), st.booleans()),
    st.tuples(st.just(DataType.STRING), st.text(max_size=20)),
    st.tuples(st.just(DataType.BYTES), st.binary(max_size=20)),
    st.tuples(st.just(DataType.INT64), st.none()),
)


def test_encoding_equals_bytes_worked_out_by_hand() -> None:
    payload = Payload(5, (Metric("a", -5, 7, DataType.INT64),), seq=1)
    assert encode(payload) == HAND_MADE
    assert decode(HAND_MADE) == payload


@given(st.lists(st.tuples(st.text(min_size=1, max_size=10), values), max_size=5), st.integers(0, 255))
def test_births_survive_the_wire(metrics: list[tuple[str, tuple[DataType, object]]], seq: int) -> None:
    payload = Payload(
        1,
        tuple(Metric(name, value, 2, kind, properties={"unit": "W", "ok": True}) for name, (kind, value) in metrics),  # type: ignore[arg-type]
        seq,
    )
    assert decode(encode(payload)) == payload


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_signed_value_without_datatype_is_recovered_by_the_births_type(value: int) -> None:
    received = decode(encode(Payload(None, (Metric("a", value),)))).metrics[0]
    assert received.datatype is None
    assert typed(received.value, DataType.INT64) == value


def test_null_is_not_zero() -> None:
    received = decode(encode(Payload(None, (Metric("a", None), Metric("b", 0))))).metrics
    assert received[0].value is None
    assert received[1].value == 0


@given(st.binary(max_size=200))
def test_no_bytes_make_the_decoder_fail_otherwise_than_by_contract(data: bytes) -> None:
    with contextlib.suppress(ContractError):
        decode(data)


@pytest.mark.parametrize("length", range(1, len(HAND_MADE)))
def test_a_truncated_payload_is_refused_or_shorter(length: int) -> None:
    with contextlib.suppress(ContractError):
        assert decode(HAND_MADE[:length]) != decode(HAND_MADE)


@given(
    value=st.floats(allow_nan=False),
    at_ms=st.integers(0, 2**42),
    properties=st.dictionaries(st.sampled_from(("Quality", "Unsynced")), st.sampled_from((0, 1, 500))),
)
def test_a_plain_float_is_written_as_any_metric(value: float, at_ms: int, properties: dict[str, int]) -> None:
    quick, usual = PayloadMessage(), PayloadMessage()
    for _ in range(2):
        add_plain_float(quick, "Grid/P", value, at_ms, properties)
        add_metric(usual, Metric("Grid/P", value, at_ms, properties=properties))
    assert quick.SerializeToString() == usual.SerializeToString()
