"""A pretend water or heat meter that speaks CJ/T 188, with the fields of its data written out here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

_START, _END = 0x68, 0x16
_READ, _READ_ADDRESS, _ANSWER, _REFUSAL = 0x01, 0x03, 0x80, 0xC0
_SHORTEST = 13
_ANY = 0xAA
COLD_WATER, HEAT = 0x10, 0x20
HEAT_TYPES = range(0x20, 0x30)
_CLOCK = bytes.fromhex("30151025112620")

_KWH, _KW, _M3, _M3_PER_HOUR = 0x05, 0x17, 0x2C, 0x35
_WATER = (("Volume/Positive", 4, 2, _M3), ("Volume/Settlement", 4, 2, _M3))
_HEAT = (
    ("Energy/Settlement", 4, 2, _KWH),
    ("Energy/Heat", 4, 2, _KWH),
    ("Power/Heat", 4, 2, _KW),
    ("Flow", 4, 4, _M3_PER_HOUR),
    ("Volume/Positive", 4, 2, _M3),
    ("Temperature/Supply", 3, 2, None),
    ("Temperature/Return", 3, 2, None),
    ("Hours", 3, 0, None),
)
"""Name, bytes, decimals and unit code of the fields before the clock."""


@dataclass(slots=True)
class Cjt188Meter:
    """Fits WireUnit. `values` by name, in kWh, kW, m3/h, m3 and °C; a name that is not there is sent as FFH.

    `is_high_first`: its maker sends 90H before 1FH. `refusal` is a status word to refuse every question with.
    Without `knows_any_type` it is called by its own type alone.
    """

    address: str
    meter_type: int
    values: Mapping[str, float | None]
    status: int = 0
    is_high_first: bool = False
    refusal: int | None = None
    knows_any_type: bool = True
    is_dead: bool = False
    asked: list[bytes] = field(default_factory=list)

    def answer(self, heard: bytes) -> bytes | None:
        """The answer to a request that ends `heard`."""
        for size in range(_SHORTEST, len(heard) + 1):
            frame = heard[-size:]
            if frame[0] == _START and self._is_mine(frame):
                return None if self.is_dead else self._reply(frame[9], frame[11:-2])
        return None

    def _is_mine(self, frame: bytes) -> bool:
        is_whole = frame[-1] == _END and len(frame) == 13 + frame[10] and sum(frame[:-2]) % 256 == frame[-2]
        is_type = frame[1] in (self.meter_type, _ANY) if self.knows_any_type else frame[1] == self.meter_type
        return is_whole and is_type and frame[2:9] in (self._address_bytes(), bytes([_ANY]) * 7)

    def _reply(self, control: int, asked: bytes) -> bytes | None:
        if control == _READ_ADDRESS:
            own_id = b"\x81\x0a" if self.is_high_first else b"\x0a\x81"
            return self._frame(control + _ANSWER, asked) if asked[:2] == own_id else None
        own = b"\x90\x1f" if self.is_high_first else b"\x1f\x90"
        if control != _READ or asked[:2] != own:
            return None
        self.asked.append(asked)
        if self.refusal is not None:
            return self._frame(control + _REFUSAL, asked[2:3] + self.refusal.to_bytes(2, "little"))
        return self._frame(control + _ANSWER, asked + self._data())

    def _data(self) -> bytes:
        data = b""
        for name, size, decimals, unit in _HEAT if self.meter_type in HEAT_TYPES else _WATER:
            data += _digits(self.values.get(name), size, decimals) + (b"" if unit is None else bytes([unit]))
        return data + _CLOCK + self.status.to_bytes(2, "little")

    def _frame(self, control: int, data: bytes) -> bytes:
        frame = bytes([_START, self.meter_type]) + self._address_bytes() + bytes([control, len(data)]) + data
        return b"\xfe\xfe\xfe" + frame + bytes([sum(frame) % 256, _END])

    def _address_bytes(self) -> bytes:
        return bytes(int(self.address[index : index + 2], 16) for index in range(12, -1, -2))


def _digits(value: float | None, size: int, decimals: int) -> bytes:
    if value is None:
        return b"\xff" * size
    number = round(Decimal(str(value)) * 10**decimals)
    packed = []
    for _ in range(size):
        number, low = divmod(number, 100)
        packed.append(low // 10 * 16 + low % 10)
    return bytes(packed)
