"""The demo as a user of the cloud's HTTP door: it sets its threshold the way an officer's program would."""

from __future__ import annotations

import asyncio
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundation.errors import LinkError

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Api:
    """`/api/v1` at `address`, with an officer's token."""

    address: str
    token: str

    async def get(self, path: str) -> Any:
        """The JSON answer; LinkError when the door is closed or says no."""
        return await asyncio.to_thread(self._call, "GET", path, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer to something new; LinkError when the door is closed or says no."""
        return await asyncio.to_thread(self._call, "POST", path, json.dumps(body).encode())

    async def sign_in(self, name: str, password: str) -> str:
        """A token of a local account."""
        answer = await self.post("/tokens", {"name": name, "password": password})
        return str(answer["token"])

    async def upload(self, path: str, files: Mapping[str, Path]) -> Any:
        """The JSON answer to files sent as a form would send them, by the names of its fields."""
        return await asyncio.to_thread(self._upload, path, files)

    def _upload(self, path: str, files: Mapping[str, Path]) -> Any:
        boundary = secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file.name}"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n".encode()
            + file.read_bytes()
            + b"\r\n"
            for name, file in files.items()
        ]
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        return self._call("POST", path, body, f"multipart/form-data; boundary={boundary}")

    def _call(self, method: str, path: str, body: bytes | None, content: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content}
        request = urllib.request.Request(f"{self.address}/api/v1{path}", body, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 (own address, http)
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                reason = error.read().decode(errors="replace")
            raise LinkError(f"{method} {path}: {error.code} {reason}") from error
        except OSError as error:
            raise LinkError(f"{method} {path}: {error}") from error
