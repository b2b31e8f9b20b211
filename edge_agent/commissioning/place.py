"""Where something was found on a bus, and what it told about itself there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from edge_agent.site_lines import ADDRESSES
from foundation.errors import ConfigError

Language = Literal["modbus", "dlt645", "cjt188"]
LANGUAGES: tuple[Language, ...] = ("modbus", "dlt645", "cjt188")
"""What is spoken on lines, in the order of a search; each is the driver of its profiles."""


@dataclass(frozen=True, slots=True)
class Place:
    """A Modbus unit, or the address of a DL/T 645 (12 digits) or CJ/T 188 meter (14 hex digits).

    `meter_type` and `is_high_first` are what a CJ/T 188 meter answered to; None: it was not heard.
    """

    unit: int | None = None
    address: str | None = None
    meter_type: int | None = None
    is_high_first: bool = False

    @property
    def language(self) -> Language:
        if self.address is None:
            return "modbus"
        return "cjt188" if ADDRESSES["cjt188"][0].fullmatch(self.address) else "dlt645"

    @property
    def settings(self) -> Iterator[Mapping[str, Decimal]]:
        """Parameters to try with the profiles there, the likeliest first.

        A maker may answer a search in one order of the identifier's bytes, and want the other for data.
        """
        if self.language != "cjt188":
            yield {}
            return
        told = {} if self.meter_type is None else {"meter_type": Decimal(self.meter_type)}
        for is_high_first in (self.is_high_first, not self.is_high_first):
            yield told | {"id_high_first": Decimal(is_high_first)}

    def is_at(self, unit: int | None, address: str | None) -> bool:
        """Whether a device of a site file is installed here; hex digits may be written either way."""
        return (self.unit, self.address and self.address.upper()) == (unit, address and address.upper())

    def __str__(self) -> str:
        if self.address is None:
            return f"unit {self.unit}"
        return f"address {self.address}" + ("" if self.meter_type is None else f" type {self.meter_type:02X}H")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Bytes came back that are no answer: meters answer at once, and nothing in their language calls one of them alone.

    `meter_type`: the type code of CJ/T 188 that they were called by; None for a call to everybody.
    """

    language: Language
    meter_type: int | None = None


def meter_address(text: str) -> str:
    """An address as a person gave it; ConfigError when no meter can have it."""
    if any(ADDRESSES[language][0].fullmatch(text) for language in ("dlt645", "cjt188")):
        return text
    forms = " or ".join(ADDRESSES[language][1] for language in ("dlt645", "cjt188"))
    raise ConfigError("command line", "address", f"{text!r} is not {forms}")
