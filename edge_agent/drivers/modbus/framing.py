"""The two ways in which Modbus puts a message on a wire: MBAP (TCP) with transaction numbers, RTU with a check sum."""

from __future__ import annotations

from typing import Protocol

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU

from edge_agent.drivers.line.exchange import NotInStep, StaleReply
from edge_agent.drivers.modbus.reply import bytes_of_reply
from foundation.errors import DeviceReplyWrong

_DECODER = DecodePDU(False)
_MBAP_LENGTHS = range(3, 255)
"""Length field of a reply: unit, function and at least one byte, at most a full PDU of 253 bytes."""
_SHORTEST_RTU = 4
_CRC_BYTES = 2
_GLITCHES = (0x00, 0xFF)
"""What a receiver hears when a driver of the pair is switched on or off."""


class Framing(Protocol):
    """How requests of one line are framed."""

    is_numbered: bool

    def build(self, request: ModbusPDU) -> bytes:
        """The bytes of one attempt."""
        ...

    def take(self, buffer: bytearray, device: str, request: ModbusPDU) -> bytes | None:
        """The PDU of the frame at the front of `buffer`, cut off, for `request`'s unit; as Exchange.take otherwise."""
        ...


class MbapFraming:
    """Modbus TCP. One object per line: it counts the transactions."""

    is_numbered = True

    def __init__(self) -> None:
        self._framer = FramerSocket(_DECODER)
        self._transaction = 0

    def build(self, request: ModbusPDU) -> bytes:
        self._transaction = self._transaction % 0xFFFF + 1
        request.transaction_id = self._transaction
        return self._framer.buildFrame(request)

    def take(self, buffer: bytearray, device: str, request: ModbusPDU) -> bytes | None:
        protocol, length = int.from_bytes(buffer[2:4], "big"), int.from_bytes(buffer[4:6], "big")
        if (len(buffer) >= 4 and protocol != 0) or (len(buffer) >= 6 and length not in _MBAP_LENGTHS):
            raise NotInStep(f"not a Modbus TCP frame: {bytes(buffer[:16]).hex()}")
        used, unit, transaction, pdu = self._framer.decode(bytes(buffer))
        if not used:
            return None
        del buffer[:used]
        if transaction != request.transaction_id:
            raise StaleReply
        if unit != request.dev_id:
            raise DeviceReplyWrong(device, f"unit {unit} instead of {request.dev_id}")
        return pdu


class RtuFraming:
    """Modbus RTU, on a serial line or through a transparent serial server.

    A frame ends where its request says, not at a silence: serial servers cut the stream as they like.
    """

    is_numbered = False

    def __init__(self) -> None:
        self._framer = FramerRTU(_DECODER)

    def build(self, request: ModbusPDU) -> bytes:
        return self._framer.buildFrame(request)

    def take(self, buffer: bytearray, device: str, request: ModbusPDU) -> bytes | None:
        if request.dev_id not in _GLITCHES:
            while buffer and buffer[0] in _GLITCHES:
                del buffer[0]
        length = _rtu_length(buffer, request)
        if length is not None and len(buffer) < length:
            return None
        frame = bytes(buffer)
        buffer.clear()
        if length is None:
            raise DeviceReplyWrong(device, f"no reply of unit {request.dev_id} to this question: {frame[:16].hex()}")
        body, check_sum = frame[: length - _CRC_BYTES], frame[length - _CRC_BYTES : length]
        if FramerRTU.compute_CRC(body).to_bytes(_CRC_BYTES, "big") != check_sum:
            raise DeviceReplyWrong(device, f"check sum: {frame[:length].hex()}")
        if len(frame) - length >= _SHORTEST_RTU:
            # Without numbers nobody can say which of two frames belongs to the question.
            raise DeviceReplyWrong(device, f"{len(frame) - length} bytes after the reply")
        return body[1:]


def _rtu_length(head: bytes | bytearray, request: ModbusPDU) -> int | None:
    """Bytes of the frame that begins with `head`, the shortest possible while that is open.

    None when unit, function or count are not those of the request.
    """
    if head and head[0] != request.dev_id:
        return None
    if len(head) < 2:
        return _SHORTEST_RTU
    if head[1] == request.function_code | 0x80:
        return 1 + 2 + _CRC_BYTES
    expected = bytes_of_reply(request)
    # The third byte of a reply to a read says how many follow.
    if head[1] != request.function_code or (expected.is_counted and len(head) > 2 and head[2] != expected.size - 2):
        return None
    return 1 + expected.size + _CRC_BYTES
