"""Where one value lies in a Modbus device, and how it is coded there."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from foundation.settings import FrozenModel

Table = Literal["holding", "input", "coil", "discrete"]
ByteOrder = Literal["ABCD", "CDAB", "BADC", "DCBA"]

REGISTER_TYPES: dict[str, int] = {
    "bool": 1, "uint16": 1, "int16": 1, "bitfield16": 1, "enum16": 1, "sunssf": 1,
    "uint32": 2, "int32": 2, "float32": 2, "bitfield32": 2,
    "uint64": 4, "int64": 4, "float64": 4,
}  # fmt: skip
"""Register type -> words it takes (a coil counts as one)."""


class Register(FrozenModel):
    """Place and coding of one value in a Modbus device (wire address, 0-based)."""

    table: Table
    address: int = Field(ge=0, le=65_535)
    type: str
    byte_order: ByteOrder | None = None

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value not in REGISTER_TYPES and not _is_sized_type(value):
            raise ValueError(f"unknown register type; known: {', '.join(REGISTER_TYPES)}, string(n), bcd(n)")
        return value

    @model_validator(mode="after")
    def _bits_are_bool(self) -> Self:
        if (self.table in ("coil", "discrete")) != (self.type == "bool"):
            raise ValueError("coils and discrete inputs are type bool, registers are not")
        return self

    @property
    def words(self) -> int:
        """Registers (or coils) this value takes."""
        return words_of(self.type)


def words_of(register_type: str) -> int:
    """Registers that a value of a known type takes."""
    if register_type in REGISTER_TYPES:
        return REGISTER_TYPES[register_type]
    return int(register_type[register_type.index("(") + 1 : -1])


class SunspecPlace(FrozenModel):
    """Place of a value in a SunSpec device: the first of `models` that the device has, words from its id register."""

    models: tuple[int, ...] = Field(min_length=1)
    offset: int = Field(ge=2, le=65_535)


def _is_sized_type(text: str) -> bool:
    name, _, size = text.partition("(")
    return name in ("string", "bcd") and size.endswith(")") and size[:-1].isdigit() and int(size[:-1]) > 0
