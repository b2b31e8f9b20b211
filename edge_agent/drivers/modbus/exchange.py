"""One Modbus request as an exchange on a line."""

from __future__ import annotations

from dataclasses import dataclass

from pymodbus.pdu import ModbusPDU

from edge_agent.drivers.modbus.framing import Framing
from edge_agent.drivers.modbus.reply import check_reply


@dataclass(frozen=True, slots=True)
class ModbusExchange:
    """Fits Exchange; its reply is the decoded PDU."""

    unit: str
    request: ModbusPDU
    framing: Framing

    @property
    def is_numbered(self) -> bool:
        return self.framing.is_numbered

    def frame(self) -> bytes:
        return self.framing.build(self.request)

    def take(self, buffer: bytearray) -> ModbusPDU | None:
        pdu = self.framing.take(buffer, self.unit, self.request)
        return None if pdu is None else check_reply(self.unit, self.request, pdu)
