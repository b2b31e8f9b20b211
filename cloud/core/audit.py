"""AuditEntry: who changed what, when; only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change as it was asked for; `action` is a code such as `threshold.save`."""

    institution_id: str
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]
    at_ms: int
