"""The ratio by which an installed device's readings of a point were multiplied at the edge, as its birth tells it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from device_profiles.catalogue import Catalogue

PARAM = "param_"
"""Beginning of a birth's properties that are parameters in force."""


def params_of(properties: Mapping[str, str]) -> dict[str, str]:
    """The parameters in force that a birth declares, by name."""
    return {name.removeprefix(PARAM): value for name, value in properties.items() if name.startswith(PARAM)}


def with_params(params: Mapping[str, str]) -> dict[str, str]:
    """The properties by which a birth declares these parameters."""
    return {f"{PARAM}{name}": value for name, value in params.items()}


def installed_ratio(properties: Mapping[str, str], point_name: str, catalogue: Catalogue) -> Decimal | None:
    """Product of the point's ratio parameters; None when profile, point or one of them is not known, or is 0."""
    params = params_of(properties)
    try:
        point = catalogue.get(properties.get("profile", "")).point(point_name)
        ratio = math.prod((Decimal(params[name]) for name in point.ratio), start=Decimal(1))
    except (KeyError, InvalidOperation):
        return None
    return ratio if ratio.is_finite() and ratio > 0 else None
