"""DatasetGrant: one department asks another for data, the owner decides, every use is counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class GrantState(StrEnum):
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DatasetGrant:
    """`dataset` is an id of the dataset catalogue, `owner` the department that decides, `uses` its reads so far."""

    grant_id: str
    institution_id: str
    dataset: str
    owner: str
    asked_by_department: str
    asked_by: str
    purpose: str
    asked_ms: int
    state: GrantState = GrantState.ASKED
    decided_by: str | None = None
    decided_ms: int | None = None
    valid_until_ms: int | None = None
    uses: int = 0
    last_used_ms: int | None = None
