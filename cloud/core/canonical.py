"""One spelling of JSON: equal content gives equal bytes, so that a hash over it means something years later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def canonical_json(value: Any, *, numbers_as_text: bool = False) -> bytes:
    """UTF-8, keys sorted by code point, no spaces; decimals as text, whole counts as JSON integers.

    The idea of RFC 8785 without its binary floats: a float raises TypeError, a decimal that is not finite ValueError.
    With `numbers_as_text` every number, a float too, is written as `decimal_text`.
    """
    plain = _plain(value, numbers_as_text)
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def decimal_text(value: Decimal) -> str:
    """A decimal as the shortest plain text, without exponent: `147480`, `0.5306`, `-0.1`; zero has no sign."""
    if not value.is_finite():
        raise ValueError(f"not a finite decimal: {value}")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _plain(value: Any, numbers_as_text: bool) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if numbers_as_text and isinstance(value, int | float):
        return decimal_text(Decimal(str(value)))
    if isinstance(value, int):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(one, numbers_as_text) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(one, numbers_as_text) for one in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")
