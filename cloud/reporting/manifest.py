"""Reads the manifest of a package and its signature as something that anybody may have changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cryptography.exceptions import InvalidSignature
from pydantic import Field, ValidationError

from cloud.core.canonical import canonical_json
from cloud.reporting.hashing import digest_hex
from cloud.reporting.ledger import CHAIN_SUFFIX
from cloud.reporting.seal import ALGORITHM, MANIFEST, SIGNATURE, signature_bytes
from foundation.errors import ConfigError
from foundation.settings import FrozenModel
from gateway.keys import public_key_text, read_trusted_keys

Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Entry(FrozenModel):
    """One file; `blocks` are the hashes of its blocks when it has several."""

    name: str
    size: int
    digest: Hex
    blocks: tuple[Hex, ...]


class LedgerEntry(FrozenModel):
    """One ledger: its columns, how many rows, the last link of its chain, the root over its rows."""

    name: str
    columns: tuple[str, ...]
    rows: int
    chain_head: Hex
    merkle_root: Hex

    @property
    def chain_name(self) -> str:
        return self.name + CHAIN_SUFFIX


class Window(FrozenModel):
    start: str
    end: str


class Manifest(FrozenModel):
    """The whole manifest, as `seal` writes it."""

    format: Literal["xietong.package/1"]
    hash: Literal["sha256", "sm3"]
    report: str
    institution: str
    period: str
    window: Window
    made_at: str
    software: str
    versions: dict[str, tuple[str, ...]]
    quality: dict[str, Any]
    files: tuple[Entry, ...]
    ledgers: tuple[LedgerEntry, ...]
    merkle_root: Hex

    @property
    def statement(self) -> Mapping[str, Any]:
        """What it says of the report, without the files."""
        return self.model_dump(mode="json", exclude={"files", "ledgers"})


@dataclass(frozen=True, slots=True)
class _Signature:
    manifest: str
    public_key: str
    value: bytes


def read_manifest(content: bytes | None) -> Manifest | None:
    """None for bytes that are no manifest in its one spelling."""
    try:
        document = json.loads(content or b"")
        return Manifest.model_validate(document) if canonical_json(document) == content else None
    except (ValueError, ValidationError, TypeError, RecursionError):
        return None


def check_signature(
    manifest: bytes, signature: bytes | None, hash_name: str, wanted_key: str | None
) -> tuple[str | None, tuple[str, str] | None]:
    """The signer's public key as text, and file and reason of what is wrong with the signature, if anything."""
    if signature is None:
        return None, (SIGNATURE, "absent")
    parsed = _parse(signature)
    if parsed is None:
        return None, (SIGNATURE, "not_a_signature")
    has_digest = parsed.manifest == digest_hex(manifest, hash_name)
    if not _is_signed(manifest, parsed):
        # The digest still fits the manifest: then it was the signature or the key that was changed.
        return parsed.public_key, (SIGNATURE, "bad_signature") if has_digest else (MANIFEST, "changed_manifest")
    if not has_digest:
        return parsed.public_key, (SIGNATURE, "bad_signature")
    if wanted_key is not None and parsed.public_key != wanted_key:
        return parsed.public_key, (SIGNATURE, "other_signer")
    return parsed.public_key, None


def _is_signed(manifest: bytes, signature: _Signature) -> bool:
    try:
        (key,) = read_trusted_keys([signature.public_key], SIGNATURE)
        key.public_key.verify(signature.value, manifest)
    except (InvalidSignature, ConfigError):
        return False
    return public_key_text(key.public_key) == signature.public_key


def _parse(content: bytes) -> _Signature | None:
    try:
        found = json.loads(content)
        parsed = _Signature(found["manifest"], found["public_key"], bytes.fromhex(found["value"]))
        is_exact = signature_bytes(parsed.public_key, parsed.value, parsed.manifest) == content
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return parsed if is_exact and found["algorithm"] == ALGORITHM else None
