"""Today's consumption: booked intervals, and what the registers have grown by since the last booking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cloud.console.curves import number
from cloud.console.views.places import SUB_ITEMS, VOLUME, WATER, PlacedDevice, Places
from cloud.core.calendar import day_start_ms, local_day
from cloud.core.series import Sample, SeriesKey
from cloud.desks.door import DoorServices

REGISTER_SEARCH_MS = 30 * 60_000
"""How far before the end of a booking its register reading is looked for."""


@dataclass(frozen=True, slots=True)
class Consumption:
    """Growth of counters in base units; `estimated` is the part that is not measured."""

    amount: float
    estimated: float = 0

    def __add__(self, other: Consumption) -> Consumption:
        return Consumption(self.amount + other.amount, self.estimated + other.estimated)


@dataclass(frozen=True, slots=True)
class EnergyToday:
    """Since `since_ms`: `parts` by (sub-item, building) and `mains` by building in Wh, `water` in L.

    Whatever has no figure is absent. `unmeasured` names the meters that should have one.
    """

    since_ms: int
    parts: Mapping[tuple[str, str], Consumption]
    mains: Mapping[str, Consumption]
    water: Consumption | None
    unmeasured: tuple[str, ...] = ()

    def of_sub_item(self, sub_item: str) -> Consumption | None:
        return add(amount for (one, _), amount in self.parts.items() if one == sub_item)

    @property
    def total(self) -> Consumption | None:
        return add(self.mains.values())


def add(amounts: Iterable[Consumption]) -> Consumption | None:
    """The sum; None of nothing, which is not zero."""
    summed: Consumption | None = None
    for amount in amounts:
        summed = amount if summed is None else summed + amount
    return summed


def feeders(devices: Iterable[PlacedDevice], grown: Mapping[str, Consumption]) -> dict[tuple[str, str], Consumption]:
    """Growth by (sub-item, building), each counted once.

    Of several meters of one sub-item in one building the one that grew most feeds the others, which lie below it.
    """
    counted: dict[tuple[str, str], Consumption] = {}
    for device in devices:
        if device.sub_item not in SUB_ITEMS or not device.building_id or device.id not in grown:
            continue
        place, amount = (device.sub_item, device.building_id), grown[device.id]
        if place not in counted or amount.amount > counted[place].amount:
            counted[place] = amount
    return counted


def water_mains(devices: Sequence[PlacedDevice]) -> list[PlacedDevice]:
    """Water meters of whole sites where there are any, otherwise those of the buildings."""
    meters = [device for device in devices if device.sub_item == WATER and device.has_point(VOLUME)]
    return [meter for meter in meters if meter.building_id is None] or meters


def read_energy_today(services: DoorServices, places: Places) -> EnergyToday:
    """Consumption since local midnight of everything in scope."""
    now_ms = services.clock.now_ms()
    since_ms = day_start_ms(local_day(now_ms))
    waters = water_mains(places.devices)
    keys = {one.id: SeriesKey(one.group, one.id, one.energy_point) for one in places.devices if one.energy_point}
    keys |= {one.id: SeriesKey(one.group, one.id, VOLUME) for one in waters}
    by_series = _growth(services, set(keys.values()), since_ms, now_ms)
    grown = {device: by_series[key] for device, key in keys.items() if key in by_series}
    return EnergyToday(
        since_ms=since_ms,
        parts=feeders(places.devices, grown),
        mains={one.building_id: grown[one.id] for one in places.mains() if one.building_id and one.id in grown},
        water=add(grown[one.id] for one in waters if one.id in grown),
        unmeasured=tuple(sorted(set(keys) - set(grown))),
    )


def _growth(services: DoorServices, keys: set[SeriesKey], since_ms: int, now_ms: int) -> dict[SeriesKey, Consumption]:
    booked = services.intervals.total(keys, since_ms, now_ms)
    newest: dict[SeriesKey, Sample] = {}
    for group in {key.group for key in keys}:
        newest.update(services.store.last(group, {key.device for key in keys if key.group == group}))
    grown: dict[SeriesKey, Consumption] = {}
    for key in keys:
        known = [Consumption(booked[key].delta, booked[key].estimated)] if key in booked else []
        since_booking = _since_booking(services, key, newest.get(key), since_ms)
        if total := add([*known, *([since_booking] if since_booking else [])]):
            grown[key] = total
    return grown


def _since_booking(services: DoorServices, key: SeriesKey, newest: Sample | None, since_ms: int) -> Consumption | None:
    """Growth of the register from the last booking (or midnight) to its newest reading; None after a reset."""
    now_value = number(newest)
    start_ms = max(services.intervals.watermark(key) or since_ms, since_ms)
    if newest is None or now_value is None or newest.measured_ms <= start_ms:
        return None
    before = services.store.series(key, start_ms - REGISTER_SEARCH_MS, start_ms + 1)
    start_value = next((value for one in reversed(before) if (value := number(one)) is not None), None)
    if start_value is None or now_value < start_value:
        return None
    return Consumption(now_value - start_value)
