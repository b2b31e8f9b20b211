"""A well-formed profile that tests break in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Change = Callable[[dict[str, Any]], object]
WriteProfile = Callable[..., Path]

_GOOD: dict[str, Any] = {
    "schema": "xietong.device-profile/1",
    "id": "acme.meter",
    "vendor": "Acme",
    "models": ["M1"],
    "carrier": "electricity",
    "role": "meter",
    "provenance": [{"source": "a manual", "checked": "manual", "confidence": "A"}],
    "link": {"max_words": 10},
    "params": {"ct": {"default": 1, "min": 1, "max": 100}},
    "points": [
        {"name": "Power", "table": "holding", "address": 0, "type": "int32", "unit": "kW", "ratio": ["ct"]},
        {"name": "Energy", "table": "holding", "address": 2, "type": "uint32", "unit": "kWh", "kind": "counter"},
    ],
    "writable": [
        {
            "name": "Setpoint", "table": "holding", "address": 8, "type": "int16", "unit": "°C", "scale": 0.1,
            "write": "fc6", "limits": [18, 30], "step": 0.5, "safe_value": 26,
        }
    ],
    "submeter": {"default": "01", "allowed": ["01"]},
}  # fmt: skip


@pytest.fixture
def write_profile(tmp_path: Path) -> WriteProfile:
    """Writes the good profile, changed by the given function, and returns its file."""

    def write(change: Change | None = None, name: str = "acme_meter.yaml") -> Path:
        content = copy.deepcopy(_GOOD)
        if change is not None:
            change(content)
        path = tmp_path / name
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return path

    return write
