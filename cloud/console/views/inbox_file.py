"""A case file as its reader may trust it: what the signed document says, and whether the signature holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cloud.core.access import Principal
from cloud.core.event import Severity
from cloud.desks.door import DoorServices
from cloud.desks.inbox import case_files_for
from cloud.risk.case_document import is_genuine
from cloud.risk.case_file import CaseFile


class Proof(StrEnum):
    """GENUINE was signed by this system's key; FOREIGN holds, by a key that is not known here; BROKEN does not hold."""

    GENUINE = "genuine"
    FOREIGN = "foreign"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class InboxFile:
    """`content` is the signed document read, empty when it is no JSON: nothing else of it is to be believed."""

    file: CaseFile
    content: Mapping[str, Any]
    proof: Proof

    @property
    def colour(self) -> Severity:
        """INFO when the document does not say."""
        name = str(self.content.get("colour", "")).upper()
        return Severity[name] if name in Severity.__members__ else Severity.INFO

    @property
    def rule_id(self) -> str:
        return str(self.content.get("rule_id", ""))

    @property
    def subject(self) -> str:
        return str(self.content.get("subject", ""))


def read_inbox(services: DoorServices, principal: Principal) -> tuple[InboxFile, ...]:
    """Newest first; raises DomainError 403."""
    trusted = services.sealing_key.public_key().public_bytes_raw().hex()
    return tuple(opened(one, trusted) for one in case_files_for(services, principal, principal.institution_ids))


def opened(file: CaseFile, trusted_key: str) -> InboxFile:
    """Read and verified; `trusted_key` is the public key (hex) that files of this system are signed with."""
    try:
        content = json.loads(file.document)
    except ValueError:
        content = {}
    return InboxFile(file, content if isinstance(content, Mapping) else {}, proof_of(file, trusted_key))


def proof_of(file: CaseFile, trusted_key: str) -> Proof:
    if is_genuine(file, trusted_key):
        return Proof.GENUINE
    return Proof.FOREIGN if is_genuine(file) else Proof.BROKEN
