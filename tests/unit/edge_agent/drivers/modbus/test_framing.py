"""Frames of both framings: cut out of any stream, proved against the request, and nothing else taken for a reply."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteSingleRegisterRequest

from edge_agent.drivers.line.exchange import GatewayRefused, NotInStep, StaleReply
from edge_agent.drivers.modbus.exchange import ModbusExchange
from edge_agent.drivers.modbus.framing import Framing, MbapFraming, RtuFraming
from foundation.errors import DeviceError, DeviceRefused, DeviceReplyWrong
from tests.support.hostile_modbus import check_sum

UNIT = 17
words = st.lists(st.integers(0, 65_535), min_size=1, max_size=125)


def asked(framing: Framing, count: int = 2) -> ModbusExchange:
    request = ReadHoldingRegistersRequest(address=100, count=count, dev_id=UNIT)
    return ModbusExchange("line/17", request, framing)


def read_reply(framing: Framing, values: list[int], *, unit: int = UNIT, transaction: int = 1) -> bytes:
    return wrapped(framing, struct.pack(f">BB{len(values)}H", 3, 2 * len(values), *values), unit, transaction)


def wrapped(framing: Framing, pdu: bytes, unit: int = UNIT, transaction: int = 1) -> bytes:
    body = bytes([unit]) + pdu
    if isinstance(framing, RtuFraming):
        return body + check_sum(body)
    return struct.pack(">HHH", transaction, 0, len(body)) + body


def test_requests_are_framed_as_the_specifications_show() -> None:
    request = ReadHoldingRegistersRequest(address=0x006B, count=3, dev_id=0x11)
    # Modbus Application Protocol V1.1b3, section 6.3, around it the header and the check sum.
    assert RtuFraming().build(request).hex() == "1103006b00037687"
    framing = MbapFraming()
    assert framing.build(request).hex() == "0001000000061103006b0003"
    assert framing.build(request).hex() == "0002000000061103006b0003"


def test_transaction_numbers_begin_anew_after_65535_and_are_never_0() -> None:
    framing = MbapFraming()
    exchange = asked(framing)
    numbers = {int.from_bytes(exchange.frame()[:2], "big") for _ in range(65_536)}
    assert numbers == set(range(1, 65_536))


@pytest.mark.parametrize("kind", [MbapFraming, RtuFraming])
@given(values=words, cuts=st.sets(st.integers(1, 260)))
def test_a_reply_is_understood_however_it_is_cut(kind: type, values: list[int], cuts: set[int]) -> None:
    framing: Framing = kind()
    exchange = asked(framing, len(values))
    exchange.frame()
    data = read_reply(framing, values)
    buffer, taken = bytearray(), None
    ends = sorted({*(cut for cut in cuts if cut < len(data)), len(data)})
    for begin, end in zip([0, *ends], ends, strict=False):
        assert taken is None
        buffer += data[begin:end]
        taken = exchange.take(buffer)
    assert taken is not None
    assert taken.registers == values
    assert not buffer


@pytest.mark.parametrize("kind", [MbapFraming, RtuFraming])
@given(values=words, wanted=st.integers(1, 125), place=st.integers(0, 300), flip=st.integers(1, 255))
def test_a_damaged_or_foreign_reply_is_never_taken(
    kind: type, values: list[int], wanted: int, place: int, flip: int
) -> None:
    framing: Framing = kind()
    exchange = asked(framing, wanted)
    exchange.frame()
    data = bytearray(read_reply(framing, values))
    if isinstance(framing, RtuFraming):
        # One damaged byte is always found by the check sum.
        data[place % len(data)] ^= flip
    elif len(values) == wanted:
        data[place % 8] ^= flip
    try:
        taken = exchange.take(bytearray(data))
    except (DeviceError, StaleReply, NotInStep):
        return
    assert taken is None


@pytest.mark.parametrize("kind", [MbapFraming, RtuFraming])
@given(noise=st.binary(max_size=300))
def test_noise_raises_nothing_but_the_errors_of_the_protocol(kind: type, noise: bytes) -> None:
    exchange = asked(kind())
    exchange.frame()
    with contextlib.suppress(DeviceError, StaleReply, NotInStep):
        assert exchange.take(bytearray(noise)) is None


@pytest.mark.parametrize("framing", [MbapFraming(), RtuFraming()])
def test_exceptions_are_refusals_and_of_a_gateway_silence(framing: Framing) -> None:
    for code in (1, 2, 3, 4, 5, 6, 10, 11):
        exchange = asked(framing)
        number = int.from_bytes(exchange.frame()[:2], "big")
        with pytest.raises(DeviceRefused) as caught:
            exchange.take(bytearray(wrapped(framing, bytes([0x83, code]), transaction=number)))
        assert caught.value.exception_code == code
        assert isinstance(caught.value, GatewayRefused) == (code in (10, 11))


def test_glitches_before_an_rtu_reply_are_no_part_of_it_and_a_second_frame_makes_it_doubtful() -> None:
    framing = RtuFraming()
    reply = read_reply(framing, [1, 2])
    taken = asked(framing).take(bytearray(b"\x00\xff\x00" + reply + b"\x00"))
    assert taken is not None
    assert taken.registers == [1, 2]
    with pytest.raises(DeviceReplyWrong, match="after the reply"):
        asked(framing).take(bytearray(reply + reply))


@pytest.mark.parametrize("framing", [MbapFraming(), RtuFraming()])
def test_a_write_is_proved_by_its_echo(framing: Framing) -> None:
    request = WriteSingleRegisterRequest(address=5, registers=[250], dev_id=UNIT)
    exchange = ModbusExchange("line/17", request, framing)
    number = int.from_bytes(exchange.frame()[:2], "big")
    echo = struct.pack(">BHH", 6, 5, 250)
    assert exchange.take(bytearray(wrapped(framing, echo, transaction=number))) is not None
    for wrong in (struct.pack(">BHH", 6, 5, 251), struct.pack(">BHH", 6, 4, 250), struct.pack(">BHH", 5, 5, 250)):
        with pytest.raises(DeviceReplyWrong):
            exchange.take(bytearray(wrapped(framing, wrong, transaction=number)))
