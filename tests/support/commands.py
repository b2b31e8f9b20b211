"""The command that tests change to what they need."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.messages import Command, CommandAction

SETPOINT = "Setpoint/Temperature"


def command_of(number: int = 1, **changes: Any) -> Command:
    """`c-<number>` of the cloud: 24 °C to the setpoint of ac-1, priority 10 for 600 s, valid from 0 to 10 ms."""
    command = Command(
        command_id=f"c-{number}",
        issuer="cloud",
        counter=number,
        group="demo",
        node="edge-1",
        device="ac-1",
        point=SETPOINT,
        action=CommandAction.WRITE,
        value=24.0,
        priority=10,
        lease_s=600.0,
        not_before_ms=0,
        expires_ms=10,
        nonce="nonce",
        reason="需量越限",
    )
    return replace(command, **changes)
