"""Passwords of local accounts: what is accepted, and the only form in which one is kept."""

from __future__ import annotations

import hashlib
import hmac
import os

from foundation.errors import DomainError

SHORTEST = 10
_COST, _BLOCK, _PARALLEL, _SALT = 2**14, 8, 1, 16
"""scrypt with 16 MiB a check, the figures of RFC 7914 for interactive use."""


def check_new_password(password: str, name: str) -> None:
    """Refuse what anybody would guess; raises DomainError."""
    if len(password) < SHORTEST or name.lower() in password.lower() or len(set(password)) < 4:
        raise DomainError("error.password_weak", shortest=SHORTEST)


def password_digest(password: str) -> str:
    """`scrypt$salt$digest` in hex, with a fresh salt."""
    salt = os.urandom(_SALT)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def fits_password(password: str, digest: str) -> bool:
    """Whether this is the password of a digest; takes as long for a wrong one."""
    _, salt, expected = digest.split("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)).hex(), expected)


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=64 * 2**20)
