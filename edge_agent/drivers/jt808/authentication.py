"""Authentication codes of terminals: derived from the site's secret, so that they hold over every restart.

The protocol registers whoever knows a terminal's number; the code keeps out those who come later and do not.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from foundation.disk import create_file
from foundation.errors import ConfigError
from foundation.rng import Rng

SECRET_BYTES = 32
CODE_SIGNS = 16


def read_secret(path: Path, rng: Rng) -> bytes:
    """The site's secret, made with mode 0600 when there is none; ConfigError for a file that cannot be used."""
    try:
        create_file(path, lambda: rng.token(SECRET_BYTES).hex().encode(), private=True)
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise ConfigError(path, "secret_file", str(error)) from error
    if len(secret) < SECRET_BYTES:
        raise ConfigError(path, "secret_file", f"needs {SECRET_BYTES} bytes in hexadecimal")
    return secret


def code_of(secret: bytes, terminal: str) -> str:
    """The code of one terminal; leading zeros of its number mean nothing."""
    return hmac.new(secret, terminal.lstrip("0").encode(), hashlib.sha256).hexdigest()[:CODE_SIGNS]


def is_code(secret: bytes, terminal: str, body: bytes, *, is_2019: bool) -> bool:
    """Whether the body of 0102 carries the terminal's code (2019: length u8, code, then more; before: the code)."""
    told = body[1 : 1 + body[0]] if is_2019 and body else body
    return hmac.compare_digest(told.rstrip(b"\x00"), code_of(secret, terminal).encode())
