"""Ed25519 keys of signed commands: the cloud keeps the private one in a file, the edge pins public ones as text."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from foundation.disk import create_file, replace_file
from foundation.errors import ConfigError

KEY_ID_SIZE = 8
PREFIX = "ed25519:"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key whose commands are obeyed."""

    key_id: bytes
    public_key: Ed25519PublicKey


def generate_private_key() -> Ed25519PrivateKey:
    """A fresh key from the operating system's randomness."""
    return Ed25519PrivateKey.generate()


def save_private_key(path: Path, key: Ed25519PrivateKey) -> None:
    """Write the key as unencrypted PKCS #8 PEM, mode 0600, in one step."""
    replace_file(path, _pem(key), private=True)


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """The key of a PEM file; a missing, readable-by-others or foreign file raises ConfigError."""
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise ConfigError(path, "file", str(error)) from error
    if mode & 0o077:
        raise ConfigError(path, "mode", f"a private key must be closed to others: {mode & 0o777:04o}, expected 0600")
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(path, "file", "not an unencrypted PEM private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(path, "file", "not an Ed25519 key")
    return key


def load_or_create_private_key(path: Path) -> Ed25519PrivateKey:
    """The key of `path`, made there first if the file does not exist; raises as `load_private_key` does."""
    create_file(path, lambda: _pem(generate_private_key()), private=True)
    return load_private_key(path)


def key_id_of(key: Ed25519PublicKey) -> bytes:
    """First 8 bytes of SHA-256 over the 32 raw public bytes: names a key, proves nothing."""
    return hashlib.sha256(key.public_bytes_raw()).digest()[:KEY_ID_SIZE]


def public_key_text(key: Ed25519PublicKey) -> str:
    """`ed25519:<base64 of the 32 raw bytes>`, as it stands in a site file."""
    return PREFIX + base64.b64encode(key.public_bytes_raw()).decode("ascii")


def trusted_key(key: Ed25519PublicKey) -> TrustedKey:
    """A public key under its id."""
    return TrustedKey(key_id_of(key), key)


def read_trusted_keys(texts: Iterable[str], source: str | Path, key: str = "command_keys") -> tuple[TrustedKey, ...]:
    """The keys of a site file (`ed25519:<base64>` each); a wrong one raises ConfigError naming its place."""
    return tuple(_read_public_key(text, source, f"{key}.{place}") for place, text in enumerate(texts))


def _read_public_key(text: str, source: str | Path, key: str) -> TrustedKey:
    if not text.startswith(PREFIX):
        raise ConfigError(source, key, f"must look like {PREFIX}<base64>")
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        return trusted_key(Ed25519PublicKey.from_public_bytes(raw))
    except (binascii.Error, ValueError) as error:
        raise ConfigError(source, key, f"not the base64 of a 32-byte Ed25519 public key: {error}") from error


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
