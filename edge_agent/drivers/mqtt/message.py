"""What translators of MQTT messages share: safe JSON, times, and fields of a message as readings of a profile."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, Protocol

from device_profiles.profile import Point
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.scaling import engineering_value, params_in_force, ratio_of
from foundation.errors import ContractError
from gateway.messages import DeviceEvent, Quality, Reading

MAX_PAYLOAD = 256 * 1024
MAX_TEXT = 120
FUTURE_LIMIT_MS = 120_000
"""A clock this far ahead is wrong: such a time is not believed."""

_EARLIEST_S, _LATEST_S = 946_684_800, 4_102_444_800
_EVENT_NAMESPACE = uuid.UUID("6c1f5f0e-3f0b-5f3c-9b52-6f3b6f0c7a11")


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message says of one device; `is_alive` None means that it says nothing of its life."""

    device: str
    readings: tuple[Reading, ...] = ()
    events: tuple[DeviceEvent, ...] = ()
    is_alive: bool | None = None
    reason: str = ""


class Translator(Protocol):
    """One language spoken over MQTT, for all devices of a bus that speak it."""

    speaks_regularly: bool
    """Whether silence means that the device is lost."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Topic filters to subscribe to."""
        ...

    def translate(self, topic: str, payload: bytes, now_ms: int) -> list[Heard]:
        """What a message says; empty when it concerns none of the devices. Raises ContractError for nonsense."""
        ...

    def forget_life(self) -> None:
        """The broker was lost: what was known of who is alive no longer holds."""
        ...


def parse_object(payload: bytes) -> dict[str, Any]:
    """A JSON object with Decimal fractions; anything else raises ContractError."""
    if len(payload) > MAX_PAYLOAD:
        raise ContractError(f"{len(payload)} bytes are too many")
    try:
        content = json.loads(payload, parse_float=_decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"not JSON: {error}"[:MAX_TEXT]) from error
    if not isinstance(content, dict):
        raise ContractError("not a JSON object")
    return content


def parse_text(payload: bytes) -> str:
    """A short plain text; anything else raises ContractError."""
    try:
        text = payload.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise ContractError("not UTF-8") from error
    if not 0 < len(text) <= MAX_TEXT:
        raise ContractError(f"a text of {len(text)} characters")
    return text


def text_of(message: Mapping[str, Any], key: str) -> str:
    """A required text, cut to a sane length."""
    value = message.get(key)
    if not isinstance(value, str) or not value:
        raise ContractError(f"{key}: a text is missing")
    return _clean(value)


def texts_of(message: Mapping[str, Any], key: str) -> list[str]:
    """A list of texts; absent means empty."""
    values = message.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ContractError(f"{key}: not a list of texts")
    return [_clean(value) for value in values[:50]]


def number_of(value: Any) -> Decimal | None:
    """A JSON number (or truth value) as Decimal; None for everything else."""
    return Decimal(value) if isinstance(value, int | Decimal) else None


def epoch_ms(value: Any) -> int:
    """UTC milliseconds of epoch seconds; what is no time of this century raises ContractError."""
    seconds = None if isinstance(value, bool) else number_of(value)
    if seconds is None or not _EARLIEST_S <= seconds <= _LATEST_S:
        raise ContractError(f"not a time in epoch seconds: {str(value)[:40]}")
    return int(seconds * 1000)


def event_id(*parts: object) -> str:
    """The same parts give the same id, so that a repeated message is the same event."""
    return str(uuid.uuid5(_EVENT_NAMESPACE, "\n".join(_clean(str(part)) for part in parts)))


def readings_of(installed: InstalledDevice, message: Mapping[str, Any], measured_ms: int) -> list[Reading]:
    """The points whose `field` the message carries (`a.b` reaches inside), in base units.

    A null is None and GOOD, what is no number is None and BAD.
    """
    readings = []
    for point in installed.profile.all_points:
        found, value = _field(message, point.field or "")
        if found:
            readings.append(_reading(installed, point, value, measured_ms))
    return readings


def _reading(installed: InstalledDevice, point: Point, value: Any, measured_ms: int) -> Reading:
    if point.datatype == "text" and isinstance(value, str):
        return Reading(point.name, _clean(value), measured_ms)
    number = number_of(value)
    if number is None:
        return Reading(point.name, None, measured_ms, Quality.GOOD if value is None else Quality.BAD)
    ratio = ratio_of(point, params_in_force(installed.profile, installed.device.params))
    base, quality = engineering_value(point, number, ratio)
    return Reading(point.name, base, measured_ms, quality)


def _field(message: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    value: Any = message
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return False, None
        value = value[key]
    return True, value


def _clean(text: str) -> str:
    """Of a sane length, without control characters and lone surrogates, which no store takes."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text[:MAX_TEXT])


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"number {text[:40]}") from error
    # 1e999999999 is valid JSON and would fill the memory as a whole number.
    if abs(number.adjusted()) > 400:
        raise ValueError(f"number {text[:40]} is out of reach")
    return number


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")
