"""HTTP digest as a camera asks for it (RFC 7616 with MD5, as cameras still do); written apart from the edge."""

from __future__ import annotations

import hashlib
import hmac
import re

REALM = "camera"


def challenge(nonce: str) -> bytes:
    """The header that asks for a digest."""
    return f'WWW-Authenticate: Digest realm="{REALM}", qop="auth", nonce="{nonce}", algorithm=MD5\r\n'.encode()


def is_proved(head: bytes, nonce: str, username: str, password: str) -> bool:
    """Whether the head of a request proves the password for this nonce."""
    method, path, *_ = head.decode("latin-1").split(" ", 2)
    line = next((line for line in head.split(b"\r\n") if line.lower().startswith(b"authorization: digest ")), b"")
    told = dict(re.findall(r'(\w+)="?([^",]*)"?', line.decode("latin-1").partition("Digest ")[2]))
    if told.get("nonce") != nonce or told.get("username") != username or told.get("uri") != path:
        return False
    secret = _md5(f"{username}:{REALM}:{password}")
    middle = f"{nonce}:{told.get('nc', '')}:{told.get('cnonce', '')}:{told.get('qop', '')}"
    expected = _md5(f"{secret}:{middle}:{_md5(f'{method}:{path}')}")
    return hmac.compare_digest(expected, told.get("response", ""))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 (what the protocol asks for)
