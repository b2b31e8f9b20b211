from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from device_profiles.catalogue import load_catalogue
from edge_agent.drivers.dlt645.device import MOST_FOLLOWING, Dlt645Reader, dlt645_meter
from edge_agent.drivers.dlt645.frame import (
    HAS_FOLLOWING,
    READ_DATA,
    READ_FOLLOWING,
    REPLY,
    address_bytes,
    build,
    identifier_bytes,
)
from edge_agent.drivers.driver import Urgency
from edge_agent.drivers.line.line import Line
from foundation.errors import ConfigError, DeviceReplyWrong, DeviceTimeout
from tests.support.manual_clock import ManualClock
from tests.support.scripted_wire import Exchanged, ScriptedWire

PROFILE = load_catalogue().get("generic.dlt645_three_phase")
NUMBER = "202511250042"
ADDRESS = address_bytes(NUMBER)
BLOCK = 0x0203FF00


def part(data: bytes, sequence: int = 0, *, has_following: bool) -> Exchanged:
    """Any question, and an answer that holds `data`."""
    control = (READ_FOLLOWING if sequence else READ_DATA) + REPLY + (HAS_FOLLOWING if has_following else 0)
    tail = bytes([sequence]) if sequence else b""
    return None, build(ADDRESS, control, identifier_bytes(BLOCK) + data + tail)


def block(wire: ScriptedWire) -> bytes:
    async def ask() -> bytes:
        line = Line("line", wire, ManualClock(is_eager=True))
        return await Dlt645Reader(line, NUMBER, PROFILE).block(BLOCK, Urgency.NORMAL)

    return asyncio.run(ask())


def test_follow_up_frames_are_joined_in_their_order() -> None:
    wire = ScriptedWire(
        [
            part(b"\x01\x02", has_following=True),
            part(b"\x03", 1, has_following=True),
            part(b"\x04", 2, has_following=False),
        ]
    )
    assert block(wire) == b"\x01\x02\x03\x04"
    assert wire.is_done


def test_a_lost_follow_up_frame_is_asked_for_again_by_its_number() -> None:
    wire = ScriptedWire([part(b"\x01", has_following=True), (None, b""), part(b"\x02", 1, has_following=False)])
    assert block(wire) == b"\x01\x02"
    assert wire.sent[1] == wire.sent[2]


def test_a_missing_follow_up_frame_is_no_value() -> None:
    with pytest.raises(DeviceTimeout):
        block(ScriptedWire([part(b"\x01", has_following=True), (None, b""), (None, b"")]))


def test_a_meter_that_never_ends_is_cut_short() -> None:
    script = [part(b"\x01", sequence, has_following=True) for sequence in range(MOST_FOLLOWING + 1)]
    with pytest.raises(DeviceReplyWrong, match="0x0203ff00 has no end"):
        block(ScriptedWire(script))


def test_a_wrong_address_is_told_at_the_start() -> None:
    line = Line("line", ScriptedWire([]), ManualClock())
    with pytest.raises(ConfigError, match="address 42: a DL/T 645 address has 12 decimal digits"):
        dlt645_meter(line, "42", PROFILE, {"ct": Decimal(1)}, ManualClock())
