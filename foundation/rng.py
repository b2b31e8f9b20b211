"""Chance as a parameter: one seed replays a whole run."""

from __future__ import annotations

import random
import secrets
import uuid
from typing import Protocol


class Rng(Protocol):
    """Source of identifiers, nonces and jitter."""

    def uuid(self) -> str:
        """A fresh random UUID as text."""
        ...

    def token(self, size: int) -> bytes:
        """`size` random bytes."""
        ...

    def uniform(self, low: float, high: float) -> float: ...


class SystemRng:
    """The operating system's randomness."""

    def uuid(self) -> str:
        return str(uuid.uuid4())

    def token(self, size: int) -> bytes:
        return secrets.token_bytes(size)

    def uniform(self, low: float, high: float) -> float:
        return random.uniform(low, high)


class SeededRng:
    """Reproducible randomness for simulations; never for keys or nonces in production."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def token(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)
