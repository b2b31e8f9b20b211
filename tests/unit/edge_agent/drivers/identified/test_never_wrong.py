"""A bad wire with several meters: whatever it loses, damages, repeats or brings late, no wrong value is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from edge_agent.drivers.cjt188.device import cjt188_meter
from edge_agent.drivers.dlt645.device import dlt645_meter
from edge_agent.drivers.driver import DeviceDriver
from edge_agent.drivers.line.line import Line
from foundation.errors import DeviceError, LinkError
from foundation.link import Link
from gateway.messages import Quality
from simulators.cjt188_meter import COLD_WATER, Cjt188Meter
from simulators.dlt645_meter import Dlt645Meter
from simulators.serial_wire import SerialWire
from tests.support.manual_clock import ManualClock

FLAT, WATER = (load_catalogue().get(f"generic.{model}") for model in ("dlt645_single_phase", "cjt188_water"))
VOLTS = {"000000000041": 221.1, "000000000042": 232.2}
CUBIC_METRES = {"00000000000041": 51.5, "00000000000042": 62.25}

Mangle = Callable[[bytes, bytes], bytes]
"""The right answer and the one before it, to what arrives."""


def _flip(place: int, change: int) -> Mangle:
    def flip(right: bytes, _: bytes) -> bytes:
        at = place % max(1, len(right))
        return right[:at] + bytes(byte ^ change for byte in right[at : at + 1]) + right[at + 1 :]

    return flip


MANGLES = st.one_of(
    st.just(lambda right, _: right),
    st.just(lambda right, _: b""),
    st.just(lambda right, before: before),
    st.just(lambda right, before: before + right),
    st.just(lambda right, _: right + right),
    st.integers(1, 40).map(lambda size: lambda right, _: right[:size]),
    st.integers(1, 40).map(lambda size: lambda right, _: right[:size] + right),
    st.binary(max_size=12).map(lambda noise: lambda right, _: noise + right + noise),
    st.builds(_flip, st.integers(0, 60), st.integers(1, 255)),
)


class BadWire:
    """Fits Link and Dial: what meters answer arrives mangled, in pieces."""

    def __init__(self, wire: SerialWire, mangles: list[Mangle], piece: int) -> None:
        self._wire, self._mangles, self._piece = wire, list(mangles), piece
        self._before = b""
        self._arriving = b""

    async def __call__(self) -> Link:
        return self

    async def send(self, data: bytes) -> None:
        right = self._wire.hear(data)
        mangle = self._mangles.pop(0) if self._mangles else lambda right, _: right
        self._arriving += mangle(right, self._before)
        self._before = right

    async def receive(self, timeout_s: float) -> bytes:
        if not self._arriving:
            raise TimeoutError
        piece, self._arriving = self._arriving[: self._piece], self._arriving[self._piece :]
        return piece

    async def close(self) -> None:
        self._arriving = b""


async def _read_all(bad: BadWire) -> list[tuple[str, Any, Quality]]:
    clock = ManualClock(is_eager=True)
    line = Line("line", bad, clock)
    meters: dict[str, DeviceDriver] = {
        **{address: dlt645_meter(line, address, FLAT, {}, clock) for address in VOLTS},
        **{address: cjt188_meter(line, address, WATER, {}, clock) for address in CUBIC_METRES},
    }
    found = []
    for _ in range(2):
        for address, meter in meters.items():
            point = (FLAT if address in VOLTS else WATER).point("Voltage/L1" if address in VOLTS else "Volume/Positive")
            try:
                readings = await meter.read([point])
            except (DeviceError, LinkError):
                continue
            found += [(address, reading.value, reading.quality) for reading in readings]
    return found


@settings(max_examples=150)
@given(st.lists(MANGLES, max_size=12), st.sampled_from([1, 7, 4096]))
def test_a_bad_wire_never_gives_a_wrong_value(mangles: list[Mangle], piece: int) -> None:
    meters = [
        *(Dlt645Meter(address, {"Voltage/L1": volts}) for address, volts in VOLTS.items()),
        *(
            Cjt188Meter(address, COLD_WATER, {"Volume/Positive": volume, "Volume/Settlement": 1.0})
            for address, volume in CUBIC_METRES.items()
        ),
    ]
    found = asyncio.run(_read_all(BadWire(SerialWire(meters), mangles, piece)))
    assert mangles or len(found) == 8
    for address, value, quality in found:
        assert quality is Quality.GOOD
        assert value == (VOLTS[address] if address in VOLTS else round(CUBIC_METRES[address] * 1000)), address
