"""A share of a small number, with what can be relied on of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cloud.core.wilson import wilson_low


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`; a share of nothing has no value."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        return self.hits / self.total if self.total else None

    @property
    def low(self) -> float | None:
        """Lower end of the central 90 % Wilson interval: tiny samples do not win."""
        return wilson_low(self.hits, self.total) if self.total else None


def share_of(answers: Iterable[bool | None]) -> Share:
    """How many are true; what is not known does not count."""
    known = [one for one in answers if one is not None]
    return Share(sum(known), len(known))
