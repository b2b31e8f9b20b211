"""A Modbus unit on a serial wire: RTU frames around the requests and answers of a pretend device.

Written out here so that the pretend hardware shares no line with the client that it tests.
"""

from __future__ import annotations

from simulators.modbus_device import ModbusUnit
from simulators.modbus_messages import answer

_SHORT_REQUEST = 8
_WRITES_MANY = (15, 16)


def crc16(data: bytes) -> bytes:
    """The check sum of RTU frames (polynomial A001H), low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


class RtuUnit:
    """Fits WireUnit; faults are those of the ModbusUnit inside."""

    def __init__(self, address: int, unit: ModbusUnit) -> None:
        self.address, self.unit = address, unit

    def answer(self, heard: bytes) -> bytes | None:
        """The answer to a request that ends `heard`."""
        body = self._body(heard)
        if body is None:
            return None
        if self.unit.is_dead:
            self.unit.note(body[0], 0, 0)
            return None
        frame = bytes([self.address]) + answer(self.unit, body)
        return frame + crc16(frame)

    def _body(self, heard: bytes) -> bytes | None:
        for size in range(_SHORT_REQUEST, len(heard) + 1):
            frame = heard[-size:]
            is_long = frame[1] in _WRITES_MANY
            if frame[0] != self.address or (size > _SHORT_REQUEST) != is_long:
                continue
            if is_long and size != 9 + frame[6]:
                continue
            if crc16(frame[:-2]) == frame[-2:]:
                return frame[1:-2]
        return None
