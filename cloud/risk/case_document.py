"""What a superior is told of a risk: a document with one spelling, signed, that anybody can check offline.

Names of persons never leave the house. Of a restricted risk the superior learns that there is one, not about whom.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cloud.core.canonical import canonical_json
from cloud.risk.alarm import Alarm
from cloud.risk.case_file import CaseFile
from cloud.risk.feedback import CAUSING_FIELDS
from cloud.risk.risk import Risk

FORMAT = "xietong.case/1"
MASK = "***"

_NAMESPACE = uuid.UUID("c5b8a1f4-7a90-4a3b-9b1f-0e7d5c2a6b38")


@dataclass(frozen=True, slots=True)
class Addressee:
    """The superior body and, for the file's id, since when the alarm that climbed up to it went unanswered."""

    superior_id: str
    told_ms: int


def case_file_of(
    risk: Risk, alarms: Sequence[Alarm], addressee: Addressee, key: Ed25519PrivateKey, now_ms: int
) -> CaseFile:
    """The signed file; the same climb of the same risk has the same id."""
    identity = str(uuid.uuid5(_NAMESPACE, f"{risk.risk_id}/{addressee.superior_id}/{addressee.told_ms}"))
    content = _content(risk, alarms)
    heading = {"format": FORMAT, "case_file_id": identity, "superior_id": addressee.superior_id, "sent_ms": now_ms}
    document = canonical_json({**content, **heading}, numbers_as_text=True).decode()
    return CaseFile(
        case_file_id=identity,
        institution_id=risk.institution_id,
        superior_id=addressee.superior_id,
        risk_id=risk.risk_id,
        sent_ms=now_ms,
        document=document,
        signature=key.sign(document.encode()).hex(),
        public_key=key.public_key().public_bytes_raw().hex(),
    )


def is_genuine(file: CaseFile, trusted_key: str | None = None) -> bool:
    """Whether the document is what was signed, and speaks of this file; with `trusted_key` (hex), by that key alone."""
    if trusted_key is not None and file.public_key != trusted_key:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(file.public_key))
        key.verify(bytes.fromhex(file.signature), file.document.encode())
        content = json.loads(file.document)
    except (InvalidSignature, ValueError):
        return False
    names = ("case_file_id", "institution_id", "superior_id", "risk_id")
    return all(content.get(name) == getattr(file, name) for name in names)


def without_names(data: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a finding without those that may name a person."""
    return {name: value for name, value in data.items() if name not in CAUSING_FIELDS}


def _content(risk: Risk, alarms: Sequence[Alarm]) -> dict[str, Any]:
    return {
        "institution_id": risk.institution_id,
        "risk_id": risk.risk_id,
        "rule_id": risk.rule_id,
        "department": risk.department,
        "subject": _masked(risk.subject) if risk.is_restricted else risk.subject,
        "likelihood": risk.likelihood,
        "consequence": risk.consequence,
        "score": risk.score,
        "colour": risk.colour.name.lower(),
        "status": risk.status.value,
        "opened_ms": risk.opened_ms,
        "due_ms": risk.due_ms,
        "is_restricted": risk.is_restricted,
        "data": {} if risk.is_restricted else without_names(risk.data),
        "alarms": [_alarm(one) for one in alarms],
        "treatments": [{"kind": one.kind.value, "at_ms": one.at_ms} for one in risk.treatments],
        "escalations": [
            {"level": one.level, "at_ms": one.at_ms, "reason": one.reason, "to": one.to} for one in risk.escalations
        ],
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "severity": alarm.severity.name.lower(),
        "state": alarm.state.value,
        "opened_ms": alarm.opened_ms,
        "announced_ms": alarm.announced_ms,
        "count": alarm.count,
    }


def _masked(subject: str) -> str:
    return f"{subject.partition(':')[0]}:{MASK}"
