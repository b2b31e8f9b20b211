"""GCJ-02, the shifted datum of maps in China, back to WGS-84.

The shift is the publicly known series on the Krassovsky ellipsoid; it has no closed inverse, so the place is found by
applying the shift to a guess and moving the guess by what is left (a contraction: each step gains about four digits).
"""

from __future__ import annotations

import math

SEMI_MAJOR_M, ECCENTRICITY_2 = 6_378_245.0, 0.006_693_421_622_965_943
"""Krassovsky 1940."""

WITHIN = ((0.8293, 55.8271), (72.004, 137.8347))
"""Latitudes and longitudes in which the shift applies."""

CLOSE_ENOUGH = 1e-9
MOST_STEPS = 10


def to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """WGS-84 degrees of GCJ-02 degrees, within a millimetre of the series' inverse; outside of China unchanged."""
    guess = (lat, lon)
    if not all(low <= value <= high for value, (low, high) in zip(guess, WITHIN, strict=True)):
        return guess
    for _ in range(MOST_STEPS):
        shifted = to_gcj02(*guess)
        left = (lat - shifted[0], lon - shifted[1])
        guess = (guess[0] + left[0], guess[1] + left[1])
        if max(map(abs, left)) < CLOSE_ENOUGH:
            break
    return guess


def to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """GCJ-02 degrees of WGS-84 degrees in China."""
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    ripple = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += _waves(y, ((20.0, 1.0), (40.0, 3.0))) + _waves(y, ((160.0, 12.0), (320.0, 30.0)))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += _waves(x, ((20.0, 1.0), (40.0, 3.0))) + _waves(x, ((150.0, 12.0), (300.0, 30.0)))
    flatness = 1 - ECCENTRICITY_2 * math.sin(math.radians(lat)) ** 2
    meridian_m = SEMI_MAJOR_M * (1 - ECCENTRICITY_2) / flatness**1.5
    parallel_m = SEMI_MAJOR_M / math.sqrt(flatness) * math.cos(math.radians(lat))
    return lat + math.degrees(north / meridian_m), lon + math.degrees(east / parallel_m)


def _waves(value: float, terms: tuple[tuple[float, float], ...]) -> float:
    """Two thirds of a sum of sines, each of an amplitude and a divisor of the half circle."""
    return sum(amplitude * math.sin(value * math.pi / divisor) for amplitude, divisor in terms) * 2.0 / 3.0
