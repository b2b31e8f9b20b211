"""The demo as a user of the cloud's HTTP door: it sets its threshold the way an officer's program would."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foundation.errors import LinkError

TIMEOUT_S = 10


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

    def _call(self, method: str, path: str, body: bytes | None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
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
