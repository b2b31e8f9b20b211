"""One building as a physical system: its replayed load split into sub-items, how busy it is, and its water."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from foundation.errors import ConfigError
from simulators.compound import SUB_ITEMS, Building
from simulators.loads import Flicker, Lag, Load, SubItemLoad, SumLoad
from simulators.replay import Floats, Replay

AIR_CONDITIONING = "01B"
LIGHTING = "01A"
WHOLE = "01"

AIR_CONDITIONING_TAU_S = 2.5
LIGHTING_TAU_S = 0.2
FLICKER_SIZE = 0.008
LEAK_SHARE = 0.004
"""Part of a building's water that runs day and night."""

PRESENCE = np.array([0.0] * 6 + [0.3, 0.8] + [1.0] * 11 + [0.7, 0.5, 0.3, 0.1, 0.0])
"""Share of taps in use by hour of the local day: what runs at night is no person."""

DUTY = 0.1
"""Guards and cleaners use water on the quietest day."""


class BuildingPlant:
    """Loads and water of one building, undisturbed at `started_ms`, with as many controls as actuators stand in it."""

    def __init__(
        self, building: Building, replay: Replay, started_ms: int, air_conditioners: int, relay_boards: int
    ) -> None:
        """Raises ConfigError when the building's source column does not exist."""
        columns = replay.source.columns
        if building.source not in columns:
            reason = f"{building.source!r} is not one of {', '.join(sorted(columns))}"
            raise ConfigError("compound", f"buildings.{building.id}.source", reason)
        self.building, self._source = building, replay.source
        recorded = columns[building.source]
        self._scale = building.mean_kw / float(recorded.mean())
        self._quiet, self._busy = (float(level) for level in np.percentile(recorded, (10, 95)))
        self._busy_hours = float(self._thirst(recorded).sum() / len(recorded))
        self._track = replay.column(building.source, self._scale)
        self.water = replay.track(self.flow)
        lags = {
            AIR_CONDITIONING: [Lag(1.0, AIR_CONDITIONING_TAU_S, started_ms) for _ in range(air_conditioners)],
            LIGHTING: [Lag(1.0, LIGHTING_TAU_S, started_ms) for _ in range(relay_boards)],
        }
        phase = float(sum(building.id.encode()))
        self.sub_items = {
            item: SubItemLoad(
                self._track, building.shares[item], Flicker(FLICKER_SIZE, phase + place), lags.get(item, ()), started_ms
            )
            for place, item in enumerate(SUB_ITEMS)
        }
        self.whole = SumLoad(tuple(self.sub_items.values()))

    def load(self, sub_item: str | None) -> Load | None:
        """The load of a sub-item, or of the whole building; None for anything else."""
        return self.whole if sub_item == WHOLE else self.sub_items.get(sub_item or "")

    def occupancy(self, at_ms: int) -> float:
        """How busy the building is, 0 (night) to about 1 (working hours), judged by its replayed load."""
        return float(self._occupancy(np.array([self._track.value(at_ms) / self._scale]))[0])

    def flow(self, days: list[date]) -> Floats:
        """Synthetic litres per hour on these source days: people use water while they are there, a little leaks."""
        daily = self.building.persons * self.building.litres_per_person_day
        busy = self._thirst(self._source.hours(self.building.source, days).reshape(-1, 24)).reshape(-1)
        busy /= self._busy_hours
        return np.asarray(daily * (busy * (1 - LEAK_SHARE) + LEAK_SHARE / 24))

    def named_loads(self) -> Iterator[tuple[str, SubItemLoad]]:
        """Each sub-item under a name that is unique in the compound."""
        for item, load in self.sub_items.items():
            yield f"{self.building.id}/{item}", load

    def _thirst(self, load: Floats) -> Floats:
        """How many taps run, judged by the load of whole days (24 columns) and the hour."""
        return np.asarray(np.maximum(self._occupancy(load), DUTY) * PRESENCE)

    def _occupancy(self, load: Floats) -> Floats:
        return np.clip((load - self._quiet) / (self._busy - self._quiet), 0.0, 1.1)
