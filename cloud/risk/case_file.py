"""CaseFile: what a superior is told of a risk, signed, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CaseFileState(StrEnum):
    """SENT waits in the superior's inbox; it may return it, give an order, or close it."""

    SENT = "sent"
    RETURNED = "returned"
    ORDERED = "ordered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """`document` is the canonical JSON that was signed, `signature` Ed25519 over its bytes in hex."""

    case_file_id: str
    institution_id: str
    superior_id: str
    risk_id: str
    sent_ms: int
    document: str
    signature: str
    public_key: str
    state: CaseFileState = CaseFileState.SENT
    answer: str = ""
    answered_by: str | None = None
    answered_ms: int | None = None
