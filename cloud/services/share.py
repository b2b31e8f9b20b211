"""A share of a small number, with what can be relied on of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Z_90 = 1.6448536269514722
"""Quantile of the normal distribution that bounds a central 90 % interval."""


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


def wilson_low(hits: int, total: int, z: float = Z_90) -> float:
    """Lower end of the Wilson score interval (E. B. Wilson, JASA 22, 1927); `total` must be positive."""
    share, spread = hits / total, z * z / total
    centre = share + spread / 2
    margin = z * math.sqrt(share * (1 - share) / total + spread / (4 * total))
    # Rounding must not leave a trace of something where there is nothing.
    return (centre - margin) / (1 + spread) if hits else 0.0
