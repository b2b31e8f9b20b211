"""What the check of a package says: faults with file and row, or what was found intact, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foundation.texts import Language, load_texts

CONTAINER = "container"
"""Stands for a file name in faults of the ZIP itself."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where: `row` counts from 1 within a ledger; `reason` is a text `verify.fault.<reason>`."""

    file: str
    reason: str
    row: int | None = None
    facts: Mapping[str, Any] | None = None

    def line(self, language: Language) -> str:
        """`ledger.csv: row 17: the row was changed`."""
        texts = load_texts()
        place = [] if self.row is None else [texts("verify.row", language, row=self.row)]
        reason = texts(f"verify.fault.{self.reason}", language, **(self.facts or {}))
        return ": ".join([self.file, *place, reason])


@dataclass(frozen=True, slots=True)
class Verdict:
    """The package is as it was sealed when there is no fault.

    `public_key` is the one that it names as its signer, `statement` what its manifest says of the report; `rows` and
    `totals` count what was checked.
    """

    faults: tuple[Fault, ...]
    public_key: str | None = None
    statement: Mapping[str, Any] | None = None
    rows: int = 0
    totals: int = 0

    @property
    def is_intact(self) -> bool:
        return not self.faults

    def lines(self, language: Language, *, is_pinned: bool) -> list[str]:
        """One line per fault; else what was checked and who signed. `is_pinned` when the signer was known before."""
        if self.faults:
            return [fault.line(language) for fault in self.faults]
        texts, facts = load_texts(), {"rows": self.rows, "totals": self.totals, **(self.statement or {})}
        signer = texts("verify.signer", language, public_key=self.public_key)
        warning = [] if is_pinned else [texts("verify.signer_not_pinned", language)]
        return [texts("verify.ok", language, **facts), signer, *warning]
