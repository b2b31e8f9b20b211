"""What an institution has entered of one kind, such as its tariffs, and from when to when that was what was known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Entries = Sequence[Mapping[str, Any]]


class EntryKind(StrEnum):
    """Lists of entries that bear their own dates of validity."""

    TARIFF = "tariff"
    QUOTA = "quota"
    FACTOR = "factor"


@dataclass(frozen=True, slots=True)
class EntryList:
    """One version of a list: known over known_from <= time < known_to, None while it is current.

    `reason` is what the person who entered it gave, `entered_by` who that was; both empty for a list never entered.
    """

    institution_id: str
    kind: EntryKind
    entries: Entries = ()
    reason: str = ""
    entered_by: str = ""
    known_from_ms: int = 0
    known_to_ms: int | None = None
