"""The sockets of the energy side: issued forecasts, measured effects, and what institutions enter for their account."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from cloud.core.series import SeriesKey
from cloud.energy.effect import Effect
from cloud.energy.entry_list import EntryKind, EntryList
from cloud.energy.forecast_run import ForecastRun


class ForecastBook(Protocol):
    """Every issued run is kept: what was expected can be compared with what came."""

    def save(self, run: ForecastRun) -> None: ...

    def newest(self, institution_ids: Collection[str]) -> list[ForecastRun]:
        """The newest run of every series."""
        ...

    def runs(self, key: SeriesKey, start_ms: int, end_ms: int) -> list[ForecastRun]:
        """Runs of one series with a point in start <= time < end, in the order they were made."""
        ...


class EffectBook(Protocol):
    """Measured effects of automatic actions; the same effect_id again replaces it."""

    def save(self, effect: Effect) -> None: ...

    def effects(self, institution_ids: Collection[str], *, limit: int = 100) -> list[Effect]:
        """Newest first."""
        ...


class EntryBook(Protocol):
    """Tariffs, quotas and factors that institutions enter; what was once known is never lost."""

    def entries(self, institution_id: str, kind: EntryKind, known_at_ms: int | None = None) -> EntryList:
        """The list as it is known now, or as it was known at a time; an empty one when there was none."""
        ...

    def enter(self, entered: EntryList) -> bool:
        """Make this the current version from its `known_from_ms` on; False, and nothing, for the same entries again."""
        ...

    def versions(self, institution_id: str, kind: EntryKind) -> list[EntryList]:
        """Every version, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class EnergyBooks:
    """The books of the energy side."""

    forecasts: ForecastBook
    effects: EffectBook
    entries: EntryBook
