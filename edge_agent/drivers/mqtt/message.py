"""What translators of MQTT messages share: their port, safe JSON, and times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, Protocol

from edge_agent.drivers.report import EARLIEST_S, LATEST_S, MAX_TEXT, Heard, clean_text, number_of
from foundation.errors import ContractError

MAX_PAYLOAD = 256 * 1024


class Translator(Protocol):
    """One language spoken over MQTT, for all devices of a bus that speak it."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Topic filters to subscribe to."""
        ...

    def longest_silence_s(self, usual_s: float) -> float | None:
        """After how long a silence a device is lost, `usual_s` being the site's; None when silence means nothing."""
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
    return clean_text(value)


def texts_of(message: Mapping[str, Any], key: str) -> list[str]:
    """A list of texts; absent means empty."""
    values = message.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ContractError(f"{key}: not a list of texts")
    return [clean_text(value) for value in values[:50]]


def epoch_ms(value: Any) -> int:
    """UTC milliseconds of epoch seconds; what is no time of this century raises ContractError."""
    seconds = None if isinstance(value, bool) else number_of(value)
    if seconds is None or not EARLIEST_S <= seconds <= LATEST_S:
        raise ContractError(f"not a time in epoch seconds: {str(value)[:40]}")
    return int(seconds * 1000)


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
