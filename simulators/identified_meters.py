"""Meters of DL/T 645 and CJ/T 188 whose readings come from a device model, as the compound's Modbus units have them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal

from device_profiles.profile import Profile
from foundation.clock import Clock
from foundation.errors import ConfigError
from simulators.cjt188_meter import HEAT_TYPES, Cjt188Meter
from simulators.devices import DeviceModel
from simulators.dlt645_meter import Dlt645Meter

_JOULES_IN_KWH = Decimal(3_600_000)
"""Pretend heat meters count in kWh, whatever unit their profile shows."""


class ShownValues(Mapping[str, float | None]):
    """A model's values as the meter shows them: in the units of its display, behind its transformers.

    `beside` are values that the model does not know.
    """

    def __init__(
        self,
        profile: Profile,
        model: DeviceModel,
        clock: Clock,
        params: Mapping[str, Decimal] | None = None,
        beside: Mapping[str, float] | None = None,
    ) -> None:
        self._points = {point.name: point for point in profile.all_points}
        self._params = {name: (params or {}).get(name, param.default) for name, param in profile.params.items()}
        self._model, self._clock = model, clock
        self._beside = beside or {}

    def __getitem__(self, name: str) -> float | None:
        if name in self._beside:
            return self._beside[name]
        point = self._points[name]
        value = self._model.values(self._clock.now_ms()).get(name)
        if value is None or isinstance(value, str):
            return None
        unit = point.display_unit
        factor = _JOULES_IN_KWH if unit.quantity == "heat" else unit.factor
        ratio = math.prod((self._params[one] for one in point.ratio), start=Decimal(1))
        return float(Decimal(str(float(value))) / factor / ratio)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._points, **self._beside})

    def __len__(self) -> int:
        return len({**self._points, **self._beside})


def identified_meter(
    profile: Profile, address: str, model: DeviceModel, clock: Clock, params: Mapping[str, Decimal] | None = None
) -> Dlt645Meter | Cjt188Meter:
    """A unit for a SerialWire; ConfigError for a profile of another language."""
    if profile.driver == "dlt645":
        return Dlt645Meter(address, ShownValues(profile, model, clock, params))
    if profile.driver == "cjt188":
        meter_type = int((params or {}).get("meter_type", profile.params["meter_type"].default))
        settled = {"Energy/Settlement": 0.0, "Hours": 0.0} if meter_type in HEAT_TYPES else {"Volume/Settlement": 0.0}
        return Cjt188Meter(address, meter_type, ShownValues(profile, model, clock, params, settled))
    raise ConfigError(profile.id, "driver", f"{profile.driver} devices do not answer by data identifiers")
