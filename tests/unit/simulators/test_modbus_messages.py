"""Requests and answers byte by byte, against pymodbus' own messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, WriteMultipleCoilsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from device_profiles.catalogue import load_catalogue
from foundation.rng import SeededRng
from simulators.devices import FixedDevice
from simulators.modbus_device import Fault, FaultKind, ModbusRefusal, ModbusUnit
from simulators.modbus_messages import answer, parse
from simulators.plausible import plausible_values
from tests.support.manual_clock import ManualClock

CATALOGUE = load_catalogue()


def _unit(profile_id: str, **values: float) -> ModbusUnit:
    profile = CATALOGUE.get(profile_id)
    model = FixedDevice({**plausible_values(profile), **{name.replace("_", "/"): v for name, v in values.items()}})
    return ModbusUnit(profile, model, ManualClock(), SeededRng(1))


@given(st.integers(0, 65_535), st.integers(1, 125))
def test_reads_are_understood(address: int, count: int) -> None:
    request = ReadHoldingRegistersRequest(address=address, count=count)
    asked = parse(b"\x03" + request.encode())
    assert (asked.table, asked.address, asked.count, asked.words) == ("holding", address, count, None)


@given(st.integers(0, 65_535), st.lists(st.integers(0, 65_535), min_size=1, max_size=123))
def test_register_writes_are_understood(address: int, words: list[int]) -> None:
    one = parse(b"\x06" + WriteSingleRegisterRequest(address=address, registers=words[:1]).encode())
    many = parse(b"\x10" + WriteMultipleRegistersRequest(address=address, registers=words).encode())
    assert (one.address, one.words, many.address, many.words) == (address, words[:1], address, words)


@given(st.integers(0, 65_535), st.lists(st.booleans(), min_size=1, max_size=40))
def test_coil_writes_are_understood(address: int, coils: list[bool]) -> None:
    one = parse(b"\x05" + WriteSingleCoilRequest(address=address, bits=coils[:1]).encode())
    many = parse(b"\x0f" + WriteMultipleCoilsRequest(address=address, bits=coils).encode())
    assert (one.words, many.words) == ([int(coils[0])], [int(coil) for coil in coils])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\x2b\x0e\x01\x00", 1),  # a function nobody serves
        (b"\x03\x00\x00\x00\x00", 3),  # no register
        (b"\x03\x00\x00\x00\x7e", 3),  # 126 registers
        (b"\x03\x00\x00", 3),  # too short
        (b"\x05\x00\x00\x12\x34", 3),  # neither on nor off
        (b"\x10\x00\x00\x00\x02\x04\x00\x01", 3),  # two registers announced, one sent
    ],
)
def test_broken_requests_are_refused_with_the_right_code(body: bytes, code: int) -> None:
    with pytest.raises(ModbusRefusal) as caught:
        parse(body)
    assert caught.value.code == code
    assert answer(_unit("intesis.ac"), body) == bytes([body[0] | 0x80, code])


def test_answers_are_read_by_pymodbus() -> None:
    unit = _unit("kmtronic.relay8")
    unit.write("coil", 3, [1])
    reply = DecodePDU(False).decode(answer(unit, b"\x01" + ReadCoilsRequest(address=0, count=8).encode()))
    assert reply is not None
    assert list(reply.bits[:8]) == [False, False, False, True, False, False, False, False]


def test_a_write_takes_effect_at_once_and_only_where_the_profile_allows() -> None:
    unit = _unit("intesis.ac")
    assert unit.read("holding", 4, 1) == [26]
    unit.write("holding", 4, [20])
    assert unit.read("holding", 4, 1) == [20]
    for address, words, code in ((4, [90], 3), (2, [1], 2), (77, [1], 2)):
        with pytest.raises(ModbusRefusal) as caught:
            unit.write("holding", address, words)
        assert caught.value.code == code
    assert unit.read("holding", 4, 1) == [20]


def test_a_block_write_changes_all_points_or_none() -> None:
    unit = _unit("intesis.ac")
    unit.write("holding", 0, [0, 4])
    assert unit.read("holding", 0, 2) == [0, 4]
    with pytest.raises(ModbusRefusal):
        unit.write("holding", 0, [1, 9])
    assert unit.read("holding", 0, 2) == [0, 4]


def _water(unit: ModbusUnit, register: int) -> int:
    return unit.read("holding", register, 1)[0]


def test_a_frozen_unit_repeats_its_last_values_until_it_heals() -> None:
    clock, profile = ManualClock(), CATALOGUE.get("tuf.tuf2000m_water")
    model = FixedDevice({"Volume/Positive": 5_000, "Signal/Quality": 90})
    unit = ModbusUnit(profile, model, clock, SeededRng(1))
    unit.inject(Fault(FaultKind.FROZEN))
    model.set({"Signal/Quality": 70})
    clock.advance(60)
    assert _water(unit, 91) == 90
    unit.heal()
    assert _water(unit, 91) == 70


def test_offset_and_noise_touch_gauges_but_not_registers_of_energy() -> None:
    unit = _unit("acrel.adl400")
    healthy = unit.read("holding", 0, 2), unit.read("holding", 0x16A, 2)[1]
    unit.inject(Fault(FaultKind.OFFSET, 3_000.0, ("Power/Active/Total",)))
    unit.touch()
    assert unit.read("holding", 0, 2) == healthy[0]
    assert unit.read("holding", 0x16A, 2)[1] == healthy[1] + 3_000
    unit.heal(FaultKind.OFFSET)
    unit.inject(Fault(FaultKind.NOISE, 0.2))
    seen = set()
    for _ in range(20):
        unit.touch()
        assert unit.read("holding", 0, 2) == healthy[0]
        seen.add(unit.read("holding", 0x16A, 2)[1])
    assert len(seen) > 5
    assert all(0.79 * healthy[1] <= value <= 1.21 * healthy[1] for value in seen)


def test_a_unit_may_refuse_writes_alone() -> None:
    unit = _unit("intesis.ac")
    unit.inject(Fault(FaultKind.REFUSES, 6, only="write"))
    assert unit.read("holding", 4, 1) == [26]
    with pytest.raises(ModbusRefusal) as caught:
        unit.write("holding", 4, [20])
    assert caught.value.code == 6


def test_values_are_worked_out_at_most_every_200_ms() -> None:
    clock, asked = ManualClock(), list[int]()

    class Counting(FixedDevice):
        def values(self, at_ms: int) -> dict[str, float | int | str | bool]:
            asked.append(at_ms)
            return {"Signal/Quality": 90}

    unit = ModbusUnit(CATALOGUE.get("tuf.tuf2000m_water"), Counting({}), clock, SeededRng(1))
    for _ in range(10):
        _water(unit, 91)
        clock.advance(0.05)
    assert len(asked) == 3
