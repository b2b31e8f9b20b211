"""Whether the kernel's clock follows a time server: asked of the kernel itself, whatever program sets it."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Protocol

STA_UNSYNC, STA_NANO = 0x0040, 0x2000
"""Bits of `status` in struct timex, adjtimex(2)."""


class _Timex(ctypes.Structure):
    """The head of struct timex, adjtimex(2); `rest` is more than any kernel fills."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


@dataclass(frozen=True, slots=True)
class KernelClock:
    """`offset_s` is what the kernel still has to correct."""

    is_synchronised: bool
    offset_s: float


class ClockTrust(Protocol):
    """Says whether wall time may decide something."""

    @property
    def is_trusted(self) -> bool: ...


def read_kernel_clock() -> KernelClock | None:
    """The state of the kernel's clock; None where the kernel does not tell."""
    timex = _Timex()
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    if answer < 0:
        return None
    unit_s = 1e-9 if timex.status & STA_NANO else 1e-6
    return KernelClock(not timex.status & STA_UNSYNC, timex.offset * unit_s)
