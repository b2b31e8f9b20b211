"""The proof that a reply belongs to its request: function, exact count and, for writes, what was written."""

from __future__ import annotations

from dataclasses import dataclass

from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from edge_agent.drivers.line.exchange import DeviceBusy, GatewayRefused
from foundation.errors import DeviceRefused, DeviceReplyWrong

_DECODER = DecodePDU(False)
_SILENT_BEHIND_GATEWAY = (10, 11)
"""Exceptions by which a gateway says that the unit does not answer."""
_BUSY = (5, 6)
"""Exceptions "acknowledge" (it will take a while) and "server device busy"."""
_ECHO_BYTES = 5


@dataclass(frozen=True, slots=True)
class ReplySize:
    """Bytes of the PDU that answers a request; a counted one tells the number of its data bytes in its second byte."""

    size: int
    is_counted: bool


def bytes_of_reply(request: ModbusPDU) -> ReplySize:
    """The only size that a reply other than an exception may have."""
    if isinstance(request, ReadCoilsRequest):
        return ReplySize(2 + (request.count + 7) // 8, is_counted=True)
    if isinstance(request, ReadHoldingRegistersRequest):
        return ReplySize(2 + request.count * 2, is_counted=True)
    # Writes are echoed: function, address, and value (or count for several registers).
    return ReplySize(_ECHO_BYTES, is_counted=False)


def check_reply(device: str, request: ModbusPDU, pdu: bytes) -> ModbusPDU:
    """The decoded reply, proved to match the request.

    Raises DeviceRefused for an exception reply, DeviceReplyWrong for everything else that does not match.
    """
    function = pdu[0]
    if function == request.function_code | 0x80 and len(pdu) == 2:
        raise _refusal(device, pdu[1])
    if function != request.function_code:
        raise DeviceReplyWrong(device, f"function {function} instead of {request.function_code}")
    _check_content(device, request, pdu)
    reply = _DECODER.decode(pdu)
    if reply is None:
        raise DeviceReplyWrong(device, f"cannot be decoded: {pdu.hex()}")
    return reply


def _refusal(device: str, code: int) -> DeviceRefused:
    if code in _SILENT_BEHIND_GATEWAY:
        return GatewayRefused(device, code)
    return DeviceBusy(device, code) if code in _BUSY else DeviceRefused(device, code)


def _check_content(device: str, request: ModbusPDU, pdu: bytes) -> None:
    expected = bytes_of_reply(request)
    if not expected.is_counted:
        echo = (bytes([request.function_code]) + request.encode())[:_ECHO_BYTES]
        if pdu != echo:
            raise DeviceReplyWrong(device, f"echo {pdu.hex()} instead of {echo.hex()}")
    elif len(pdu) != expected.size or pdu[1] != expected.size - 2:
        says = pdu[1] if len(pdu) > 1 else 0
        raise DeviceReplyWrong(device, f"{len(pdu) - 2} bytes of data (says {says}) instead of {expected.size - 2}")
