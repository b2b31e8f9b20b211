"""Bearer tokens: how they are made and in which form they are kept."""

from __future__ import annotations

import base64
import hashlib

from foundation.rng import Rng

PREFIX = "xt_"


def new_token(rng: Rng) -> str:
    """A fresh token of 256 random bits; the prefix lets secret scanners find a leaked one."""
    return PREFIX + base64.urlsafe_b64encode(rng.token(32)).rstrip(b"=").decode()


def token_digest(token: str) -> str:
    """SHA-256 in hex: enough for a random token, and the only form that is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
