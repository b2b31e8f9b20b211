"""The gate of the store: whether a reading that has arrived can be kept. Called for every reading, so kept plain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from gateway.messages import Reading, Value

EARLIEST_MS = 1_577_836_800_000
"""2020-01-01 UTC: before that no device of ours was running, its clock was not set."""

AHEAD_MS = 300_000
"""How far a device's clock may run ahead."""

MAX_TEXT = 1_024

NOT_A_NUMBER = "not_a_number"
TYPE_CONFLICT = "type_conflict"
TIME_TOO_OLD = "time_too_old"
TIME_IN_FUTURE = "time_in_future"
TEXT_TOO_LONG = "text_too_long"
NUMBER_TOO_LARGE = "number_too_large"

_INT64_MAX = 2**63 - 1
_DATATYPES: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "text"}


def are_plain(readings: Iterable[Reading], datatypes: Mapping[str, str], now_ms: int) -> bool:
    """Whether all of them can be kept at a glance; False calls for `refusal` of each. `datatypes` are by point."""
    latest_ms = now_ms + AHEAD_MS
    for one in readings:
        value = one.value
        if not EARLIEST_MS <= one.measured_ms <= latest_ms:
            return False
        kind = _DATATYPES.get(type(value))
        if kind is None or kind != datatypes.get(one.point, kind) or _unfit(value) is not None:
            return False
    return True


def refusal(reading: Reading, datatype: str | None, now_ms: int) -> str | None:
    """Reason code why the reading must be set aside, or None when it is fine.

    `datatype` is what the birth declared (`int`, `float`, `bool`, `text`), None when no birth is known. "No value"
    is fine in any type; a whole number is fine as a float.
    """
    if not EARLIEST_MS <= reading.measured_ms <= now_ms + AHEAD_MS:
        return TIME_TOO_OLD if reading.measured_ms < EARLIEST_MS else TIME_IN_FUTURE
    value = reading.value
    if value is None:
        return None
    given = _DATATYPES.get(type(value))
    if given != datatype and datatype is not None and not (given == "int" and datatype == "float"):
        return TYPE_CONFLICT
    return None if given == "bool" else _unfit(value)


def _unfit(value: Value) -> str | None:
    if isinstance(value, float):
        return None if math.isfinite(value) else NOT_A_NUMBER
    if isinstance(value, int):
        return None if -_INT64_MAX <= value <= _INT64_MAX else NUMBER_TOO_LARGE
    if isinstance(value, str):
        return None if len(value) <= MAX_TEXT else TEXT_TOO_LONG
    return TYPE_CONFLICT
