"""A pretend electricity meter that speaks DL/T 645-2007, with its identifiers and formats written out here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

_START, _END, _OFFSET = 0x68, 0x16, 0x33
_READ, _READ_FOLLOWING, _READ_ADDRESS = 0x11, 0x12, 0x13
_ANSWER, _REFUSAL, _MORE = 0x80, 0xC0, 0x20
NO_SUCH_DATA = 0x02
_SHORTEST = 12


@dataclass(frozen=True, slots=True)
class Format:
    """How one value is sent: bytes, decimals, and whether the highest bit is its sign."""

    size: int
    decimals: int
    is_signed: bool = False


_VOLT, _AMPERE, _KILOWATT = Format(2, 1), Format(3, 3, True), Format(3, 4, True)
_FACTOR, _HERTZ, _KWH = Format(2, 3, True), Format(2, 2), Format(4, 2)
_PHASES = ("L1", "L2", "L3")

ITEMS: dict[int, tuple[tuple[str, ...], Format]] = {
    0x00010000: (("Energy/Active/Import",), _KWH),
    0x00020000: (("Energy/Active/Export",), _KWH),
    0x0201FF00: (tuple(f"Voltage/{phase}" for phase in _PHASES), _VOLT),
    0x0202FF00: (tuple(f"Current/{phase}" for phase in _PHASES), _AMPERE),
    0x0203FF00: (("Power/Active/Total", *(f"Power/Active/{phase}" for phase in _PHASES)), _KILOWATT),
    0x02030000: (("Power/Active/Total",), _KILOWATT),
    0x02040000: (("Power/Reactive/Total",), _KILOWATT),
    0x02060000: (("PowerFactor/Total",), _FACTOR),
    0x02010100: (("Voltage/L1",), _VOLT),
    0x02020100: (("Current/L1",), _AMPERE),
    0x02800002: (("Frequency",), _HERTZ),
}
"""Identifier -> the values sent for it, in the units of the standard (V, A, kW, kvar, Hz, kWh)."""


@dataclass(slots=True)
class Dlt645Meter:
    """Fits WireUnit. `values` by name in the units of the standard; None is a value that the meter does not have.

    `most_data` bytes fit in one frame, the rest follows; `unknown` identifiers are refused.
    """

    address: str
    values: Mapping[str, float | None]
    most_data: int = 196
    unknown: frozenset[int] = frozenset()
    is_dead: bool = False
    asked: list[int] = field(default_factory=list)

    def answer(self, heard: bytes) -> bytes | None:
        """The answer to a request that ends `heard`."""
        for size in range(_SHORTEST, len(heard) + 1):
            frame = heard[-size:]
            if frame[0] == _START and self._is_mine(frame):
                return (
                    None if self.is_dead else self._reply(frame[8], [(byte - _OFFSET) % 256 for byte in frame[10:-2]])
                )
        return None

    def _is_mine(self, frame: bytes) -> bool:
        if frame[7] != _START or frame[-1] != _END or len(frame) != 12 + frame[9] or sum(frame[:-2]) % 256 != frame[-2]:
            return False
        return frame[1:7] in (self._address_bytes(), b"\xaa" * 6)

    def _reply(self, control: int, data: list[int]) -> bytes | None:
        if control == _READ_ADDRESS:
            return self._frame(control + _ANSWER, self._address_bytes())
        if control not in (_READ, _READ_FOLLOWING) or len(data) < 4:
            return None
        identifier = sum(byte << 8 * index for index, byte in enumerate(data[:4]))
        if control == _READ:
            self.asked.append(identifier)
        if identifier not in ITEMS or identifier in self.unknown:
            return self._frame(control + _REFUSAL, bytes([NO_SUCH_DATA]))
        whole = self._data(identifier)
        part = data[4] if control == _READ_FOLLOWING else 0
        sent = whole[part * self.most_data : (part + 1) * self.most_data]
        more = _MORE if len(whole) > (part + 1) * self.most_data else 0
        tail = bytes([part]) if control == _READ_FOLLOWING else b""
        return self._frame(control + _ANSWER + more, bytes(data[:4]) + sent + tail)

    def _data(self, identifier: int) -> bytes:
        names, form = ITEMS[identifier]
        return b"".join(encode(self.values.get(name), form) for name in names)

    def _frame(self, control: int, data: bytes) -> bytes:
        frame = bytes([_START]) + self._address_bytes() + bytes([_START, control, len(data)])
        frame += bytes((byte + _OFFSET) % 256 for byte in data)
        return b"\xfe\xfe" + frame + bytes([sum(frame) % 256, _END])

    def _address_bytes(self) -> bytes:
        pairs = [self.address[index : index + 2] for index in range(0, 12, 2)]
        return bytes(int(pair[0]) * 16 + int(pair[1]) for pair in reversed(pairs))


def encode(value: float | None, form: Format) -> bytes:
    """Digits two to a byte, low byte first; FFH for a value that is not there."""
    if value is None:
        return b"\xff" * form.size
    digits = f"{abs(round(Decimal(str(value)) * 10**form.decimals)):0{form.size * 2}d}"[-form.size * 2 :]
    packed = [int(digits[index]) * 16 + int(digits[index + 1]) for index in range(0, len(digits), 2)]
    if form.is_signed and value < 0:
        packed[0] |= 0x80
    return bytes(reversed(packed))
