"""The signed command envelope: what makes a broken broker or a wrong ACL unable to move equipment.

    magic "XTC" | version 1 | algorithm 1 | key id 8 | signature 64 | body: UTF-8 JSON of every Command field

`settings` is left out where there are none, so that nodes that know only writes understand the writes.

The Ed25519 signature covers header and body exactly as sent; nothing is brought into a canonical form.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foundation.errors import ContractError
from gateway.keys import KEY_ID_SIZE, TrustedKey, key_id_of
from gateway.messages import Command, CommandAction

MAGIC = b"XTC"
VERSION = 1
ED25519 = 1
SIGNATURE_SIZE = 64
MAX_SIZE = 8_192
MAX_TEXT = 512
MAX_WHOLE = 2**63 - 1
MAX_SETTINGS = 32

_SIGNATURE_AT = len(MAGIC) + 2 + KEY_ID_SIZE
_BODY_AT = _SIGNATURE_AT + SIGNATURE_SIZE
_SETTINGS = "settings"
_FIELDS = frozenset(field.name for field in fields(Command)) - {_SETTINGS}
_TEXTS = ("command_id", "issuer", "group", "node", "device", "point", "nonce", "reason")
_WHOLES = ("counter", "priority", "not_before_ms", "expires_ms")


class EnvelopeFault(StrEnum):
    """Why an envelope was not opened."""

    UNSIGNED = "unsigned"
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"


class EnvelopeError(ContractError):
    """An envelope that must not be obeyed; `fault` is the reason code of its receipt."""

    def __init__(self, fault: EnvelopeFault, detail: str) -> None:
        self.fault = fault
        super().__init__(f"{fault}: {detail}")


def seal(command: Command, key: Ed25519PrivateKey) -> bytes:
    """The envelope of a command; one that `open_envelope` would not take raises EnvelopeError."""
    body = encode_command(command)
    decode_command(body)
    header = MAGIC + bytes((VERSION, ED25519)) + key_id_of(key.public_key())
    envelope = header + key.sign(header + body) + body
    if len(envelope) > MAX_SIZE:
        raise EnvelopeError(EnvelopeFault.MALFORMED, f"{len(envelope)} bytes, at most {MAX_SIZE}")
    return envelope


def open_envelope(data: bytes, trusted: Sequence[TrustedKey]) -> Command:
    """The command of an envelope signed by one of the trusted keys; anything else raises EnvelopeError."""
    if not data.startswith(MAGIC):
        raise EnvelopeError(EnvelopeFault.UNSIGNED, "no envelope")
    if not _BODY_AT < len(data) <= MAX_SIZE:
        raise EnvelopeError(EnvelopeFault.MALFORMED, f"{len(data)} bytes")
    if data[len(MAGIC)] != VERSION:
        raise EnvelopeError(EnvelopeFault.MALFORMED, f"version {data[len(MAGIC)]}")
    if data[len(MAGIC) + 1] != ED25519:
        raise EnvelopeError(EnvelopeFault.ALGORITHM, f"algorithm {data[len(MAGIC) + 1]}")
    _verify(data, trusted)
    return decode_command(data[_BODY_AT:])


def _verify(data: bytes, trusted: Sequence[TrustedKey]) -> None:
    header, signature, body = data[:_SIGNATURE_AT], data[_SIGNATURE_AT:_BODY_AT], data[_BODY_AT:]
    key_id = header[-KEY_ID_SIZE:]
    candidates = [key for key in trusted if key.key_id == key_id]
    if not candidates:
        raise EnvelopeError(EnvelopeFault.UNKNOWN_KEY, key_id.hex())
    for key in candidates:
        try:
            key.public_key.verify(signature, header + body)
        except InvalidSignature:
            continue
        return
    raise EnvelopeError(EnvelopeFault.BAD_SIGNATURE, key_id.hex())


def encode_command(command: Command) -> bytes:
    """UTF-8 JSON of every field; a number that JSON has no word for raises EnvelopeError."""
    try:
        content = asdict(command)
        if not content[_SETTINGS]:
            del content[_SETTINGS]
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8")
    except ValueError as error:
        raise EnvelopeError(EnvelopeFault.MALFORMED, str(error)) from error


def decode_command(body: bytes) -> Command:
    """The command of its JSON; a field too many, too few or of the wrong type raises EnvelopeError."""
    content = _read_object(body)
    settings = content.pop(_SETTINGS, {})
    if content.keys() != _FIELDS:
        raise _malformed(f"fields {sorted(content.keys() ^ _FIELDS)}")
    for name in _TEXTS:
        _require_text(name, content[name])
    for name in _WHOLES:
        _require_whole(name, content[name])
    if not content["command_id"]:
        raise _malformed("command_id is empty")
    if content["action"] not in tuple(CommandAction):
        raise _malformed(f"action {content['action']!r:.40}")
    _require_settings(settings, is_configured=content["action"] == CommandAction.CONFIGURE)
    value = content["value"]
    return Command(
        **{
            **content,
            "action": CommandAction(content["action"]),
            "value": None if value is None else _number("value", value),
            "lease_s": _number("lease_s", content["lease_s"]),
            _SETTINGS: settings,
        }
    )


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _malformed(str(error)) from error
    if not isinstance(content, dict):
        raise _malformed("not an object")
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a field is given twice")
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _require_text(name: str, value: object) -> None:
    # A lone surrogate is legal JSON but no text: neither a database nor a topic could hold it.
    if not isinstance(value, str) or len(value) > MAX_TEXT or any("\ud800" <= char <= "\udfff" for char in value):
        raise _malformed(f"{name} is no text of at most {MAX_TEXT} characters")


def _require_settings(settings: object, *, is_configured: bool) -> None:
    if not isinstance(settings, dict) or len(settings) > MAX_SETTINGS:
        raise _malformed("settings are no object of at most 32 texts")
    if bool(settings) != is_configured:
        raise _malformed("settings belong to configure, and configure needs some")
    for key, text in settings.items():
        _require_text("key of a setting", key)
        _require_text(key, text)


def _require_whole(name: str, value: object) -> None:
    if type(value) is not int or not 0 <= value <= MAX_WHOLE:
        raise _malformed(f"{name} is no whole number of 0..2^63-1")


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _malformed(f"{name} is no number")
    try:
        number = float(value)
    except OverflowError as error:
        raise _malformed(f"{name} is too large") from error
    if not math.isfinite(number):
        raise _malformed(f"{name} is not finite")
    return number


def _malformed(detail: str) -> EnvelopeError:
    return EnvelopeError(EnvelopeFault.MALFORMED, detail)
