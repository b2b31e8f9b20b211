"""The HTTP door as one person sees it: calls with a token, answers with a status, nothing else."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from foundation.errors import LinkError

PREFIX = "/api/v1"
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door said; `body` is the JSON of it, or its text when it is none."""

    status: int
    body: Any

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Door:
    """`address` such as `http://127.0.0.1:8080`."""

    address: str

    def call(self, method: str, path: str, token: str | None, body: Mapping[str, Any] | None = None) -> Answer:
        """One call; raises LinkError when nobody answers at all."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        url = self.address.rstrip("/") + PREFIX + path
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 (the operator's own address)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
                return Answer(response.status, _content(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _content(error.read()))
        except (OSError, HTTPException, ValueError) as error:
            raise LinkError(f"{method} {path}: {error}") from error


def _content(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return data.decode(errors="replace")
