"""Frames of Modbus TCP cut from a stream of bytes, and the proof that a reply belongs to its request."""

from __future__ import annotations

from dataclasses import dataclass

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from foundation.errors import DeviceRefused, DeviceReplyWrong, LinkError

_DECODER = DecodePDU(False)
_FRAMER = FramerSocket(_DECODER)
_LENGTHS = range(3, 255)
"""Length field of a reply: unit, function and at least one byte, at most a full PDU of 253 bytes."""


class NotModbus(LinkError):
    """The bytes are no Modbus TCP frame: the stream can no longer be followed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came."""

    transaction: int
    unit: int
    pdu: bytes


def build_frame(request: ModbusPDU) -> bytes:
    """The bytes to send."""
    return _FRAMER.buildFrame(request)


def take_frame(buffer: bytearray) -> Frame | None:
    """Cut the first complete frame off `buffer`; None when more bytes are needed; raises NotModbus."""
    protocol, length = int.from_bytes(buffer[2:4], "big"), int.from_bytes(buffer[4:6], "big")
    if (len(buffer) >= 4 and protocol != 0) or (len(buffer) >= 6 and length not in _LENGTHS):
        raise NotModbus(f"not a Modbus TCP frame: {bytes(buffer[:16]).hex()}")
    used, unit, transaction, pdu = _FRAMER.decode(bytes(buffer))
    if not used:
        return None
    del buffer[:used]
    return Frame(transaction, unit, pdu)


def check_reply(device: str, request: ModbusPDU, frame: Frame) -> ModbusPDU:
    """The decoded reply, proved to match unit, function, exact count and, for writes, what was written.

    Raises DeviceRefused for an exception reply, DeviceReplyWrong for everything else that does not match.
    """
    if frame.unit != request.dev_id:
        raise DeviceReplyWrong(device, f"unit {frame.unit} instead of {request.dev_id}")
    function = frame.pdu[0]
    if function == request.function_code | 0x80 and len(frame.pdu) == 2:
        raise DeviceRefused(device, frame.pdu[1])
    if function != request.function_code:
        raise DeviceReplyWrong(device, f"function {function} instead of {request.function_code}")
    _check_content(device, request, frame.pdu)
    reply = _DECODER.decode(frame.pdu)
    if reply is None:
        raise DeviceReplyWrong(device, f"cannot be decoded: {frame.pdu.hex()}")
    return reply


def _check_content(device: str, request: ModbusPDU, pdu: bytes) -> None:
    size = _payload_bytes(request)
    if size is None:
        # Writes are echoed: function, address, and value (or count for several registers).
        expected = (bytes([request.function_code]) + request.encode())[:5]
        if pdu != expected:
            raise DeviceReplyWrong(device, f"echo {pdu.hex()} instead of {expected.hex()}")
    elif pdu[1] != size or len(pdu) != 2 + size:
        raise DeviceReplyWrong(device, f"{len(pdu) - 2} bytes of data (says {pdu[1]}) instead of {size}")


def _payload_bytes(request: ModbusPDU) -> int | None:
    """Bytes of data in the reply to a read; None for a write."""
    if isinstance(request, ReadCoilsRequest):
        return (request.count + 7) // 8
    if isinstance(request, ReadHoldingRegistersRequest):
        return request.count * 2
    return None
