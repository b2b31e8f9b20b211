"""Where one value lies in the data that a meter sends for one data identifier (DL/T 645, CJ/T 188)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from foundation.settings import FrozenModel

Coding = Literal["bcd", "signed_bcd", "binary"]
"""Digits two to a byte; the same with the sign in the highest bit; an unsigned number. All send the low byte first."""


class DataField(FrozenModel):
    """`bytes` bytes from offset `at` of the data that follow identifier `id` (and, in CJ/T 188, the serial number).

    With `unit_code` the byte behind them tells the unit in which the meter counts; the value is converted from it.
    Meters mark a value that they do not have by bytes of FFH.
    """

    id: int = Field(ge=0, le=0xFFFF_FFFF)
    at: int = Field(0, ge=0, le=199)
    bytes: int = Field(ge=1, le=8)
    coding: Coding = "bcd"
    unit_code: bool = False

    @property
    def end(self) -> int:
        """First offset behind the value and its unit."""
        return self.at + self.bytes + int(self.unit_code)
