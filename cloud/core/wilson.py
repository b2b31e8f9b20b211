"""What can be relied on of a share of a small number."""

from __future__ import annotations

import math

Z_90 = 1.6448536269514722
"""Quantile of the normal distribution that bounds a central 90 % interval."""


def wilson_low(hits: int, total: int, z: float = Z_90) -> float:
    """Lower end of the Wilson score interval (E. B. Wilson, JASA 22, 1927) of a share; 0 without trials."""
    if not hits:
        # Rounding must not leave a trace of something where there is nothing.
        return 0.0
    share, spread = hits / total, z * z / total
    centre = share + spread / 2
    margin = z * math.sqrt(share * (1 - share) / total + spread / (4 * total))
    return (centre - margin) / (1 + spread)
