"""An interlock: a point may take a value only while another point is known to be in range."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from device_profiles.identifiers import PointName
from foundation.settings import FrozenModel

Span = tuple[Decimal, Decimal]


class Interlock(FrozenModel):
    """Values of `writes` (all, when absent) need `needs` to lie in `range`, each in the unit of its own point.

    The reading of `needs` must be good and at most `max_age_s` old; what is not known counts as out of range.
    """

    writes: Span | None = None
    needs: PointName
    range: Span
    max_age_s: float = Field(120, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name, span in (("writes", self.writes), ("range", self.range)):
            if span is not None and span[0] > span[1]:
                raise ValueError(f"{name}: {span[0]} is above {span[1]}")
        return self
