"""Aliases: short numbers that stand for metric names in DATA and commands, unique over a node and all its devices.

A number is derived from device and name alone, so that it means the same in every session: a host that missed a
birth may fail to understand a row, but can never take it for another point's (payloads-alias-uniqueness).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gateway.sparkplug.codec import Metric

BITS = 35
"""Five bytes on the wire; 40,000 names collide with a chance of 2 %, and a collision only takes the next number."""


class AliasBook:
    """The aliases that one node has declared; `without` are names that travel as names in either direction."""

    def __init__(self, without: Iterable[str] = ()) -> None:
        self._without = frozenset(without)
        self._numbers: dict[str, dict[str, int]] = {}
        self._meanings: dict[int, tuple[str, Metric]] = {}

    def declare(self, device: str, metrics: Iterable[Metric]) -> tuple[Metric, ...]:
        """The metrics of a birth with their aliases; what the device declared before is forgotten."""
        self.forget(device)
        numbers = self._numbers.setdefault(device, {})
        declared = []
        for metric in metrics:
            if metric.name not in self._without:
                number = self._free_number(device, metric.name)
                numbers[metric.name] = number
                metric = replace(metric, alias=number)
                self._meanings[number] = (device, metric)
            declared.append(metric)
        return tuple(declared)

    def forget(self, device: str) -> None:
        """Without a birth in this session the device's names have no alias."""
        for number in self._numbers.pop(device, {}).values():
            del self._meanings[number]

    def clear(self) -> None:
        """A node's birth ends every declaration before it."""
        self._numbers.clear()
        self._meanings.clear()

    def numbers(self, device: str) -> dict[str, int]:
        """Alias by name for one device; empty when it declared none."""
        return self._numbers.get(device, {})

    def meaning(self, device: str, alias: int) -> Metric | None:
        """The metric as declared, if this device declared the alias."""
        owner, metric = self._meanings.get(alias, ("", None))
        return metric if owner == device else None

    def _free_number(self, device: str, name: str) -> int:
        digest = hashlib.blake2b(f"{device}/{name}".encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big") >> (64 - BITS)
        while number in self._meanings:
            number = (number + 1) % (1 << BITS)
        return number


def swap_names(message: Any, numbers: dict[str, int]) -> None:
    """Replace names by aliases in a protobuf payload; a name that the birth did not declare stays a name."""
    for metric in message.metrics:
        alias = numbers.get(metric.name)
        if alias is not None:
            metric.ClearField("name")
            metric.alias = alias
