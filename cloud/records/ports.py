"""The socket of the records: rows of every kind with their versions, and the imports that brought them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from cloud.records.record import Record, RecordImport


class RecordBook(Protocol):
    """Rows of every kind; a changed row keeps its earlier version."""

    def put(self, records: Sequence[Record], of_import: RecordImport) -> RecordImport:
        """Enter one import, all or nothing; returns it with the counts of new, changed and same rows."""
        ...

    def records(
        self,
        institution_ids: Collection[str],
        kind: str,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        subject: str | None = None,
        known_at_ms: int | None = None,
    ) -> list[Record]:
        """Rows of a kind by start time, current ones or those known at a time.

        With bounds, those that touch start <= time < end.
        """
        ...

    def counts(self, institution_ids: Collection[str]) -> Mapping[str, int]:
        """Current rows by kind."""
        ...

    def imports(self, institution_ids: Collection[str], *, limit: int = 100) -> list[RecordImport]:
        """Newest first."""
        ...
