"""A county whose main meter is known to the institution model, over fakes: what forecasts and effects are made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud.core.calendar import day_start_ms
from cloud.core.energy_interval import EnergyInterval
from cloud.core.institution import (
    ClimateZone,
    Compound,
    Device,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Names,
)
from cloud.core.series import SeriesKey
from cloud.energy.effect import Effect
from cloud.energy.entry_list import EntryKind, EntryList
from cloud.energy.forecast_run import ForecastRun
from cloud.energy.forecasting.context import Days
from cloud.energy.ports import EnergyBooks
from cloud.jobs.job import JobTools
from tests.support.fakes import FakeInstitutionBook
from tests.support.thinking import GROUP, INSTITUTION, ThinkingSide

QUARTER_MS = 900_000
NAMES: Names = {"zh-CN": "甲", "en": "A"}


def county_model(*devices: Device) -> InstitutionModel:
    return InstitutionModel(
        institution=Institution(
            institution_id=INSTITUTION,
            name=NAMES,
            institution_class=InstitutionClass.STATE_ORGAN,
            region="450000",
            climate_zone=ClimateZone.HOT_SUMMER_WARM_WINTER,
        ),
        compounds=(Compound(compound_id=GROUP, name=NAMES),),
        devices=devices,
    )


def meter(name: str, sub_item: str = "01") -> Device:
    return Device(device_id=name, compound_id=GROUP, name=NAMES, sub_item=sub_item)


def quarters_of(key: SeriesKey, days: Days) -> list[EnergyInterval]:
    """The days as booked intervals; unknown hours are not booked."""
    start_ms, found = day_start_ms(days.first_day), []
    for hour, watts in enumerate(days.load_w.reshape(-1).tolist()):
        for part in range(4):
            at_ms = start_ms + (4 * hour + part) * QUARTER_MS
            if watts == watts:  # not NaN
                delta = round(watts / 4)
                found.append(EnergyInterval(key.group, key.device, key.point, at_ms, at_ms + QUARTER_MS, delta))
    return found


class ModelBook(FakeInstitutionBook):
    """The one institution with its model."""

    def __init__(self, model: InstitutionModel) -> None:
        super().__init__(model.institution.institution_id)
        self.known = model

    def model(self, institution_id: str, known_at_ms: int | None = None) -> InstitutionModel | None:
        return self.known if institution_id == self.known.institution.institution_id else None


@dataclass
class FakeForecastBook:
    """ForecastBook."""

    made: list[ForecastRun] = field(default_factory=list)

    def save(self, run: ForecastRun) -> None:
        self.made = [one for one in self.made if one.run_id != run.run_id] + [run]

    def newest(self, institution_ids: Collection[str]) -> list[ForecastRun]:
        newest = {run.key: run for run in sorted(self.made, key=lambda one: one.made_ms)}
        return [run for run in newest.values() if run.institution_id in institution_ids]

    def runs(self, key: SeriesKey, start_ms: int, end_ms: int) -> list[ForecastRun]:
        mine = [one for one in self.made if one.key == key]
        inside = [one for one in mine if one.points[0].start_ms < end_ms and one.points[-1].end_ms > start_ms]
        return sorted(inside, key=lambda one: one.made_ms)


@dataclass
class FakeEffectBook:
    """EffectBook."""

    kept: dict[str, Effect] = field(default_factory=dict)

    def save(self, effect: Effect) -> None:
        self.kept[effect.effect_id] = effect

    def effects(self, institution_ids: Collection[str], *, limit: int = 100) -> list[Effect]:
        found = [one for one in self.kept.values() if one.institution_id in institution_ids]
        return sorted(found, key=lambda one: -one.start_ms)[:limit]


@dataclass
class FakeEntryBook:
    """EntryBook."""

    kept: list[EntryList] = field(default_factory=list)

    def put(self, institution_id: str, kind: EntryKind, *entries: Mapping[str, Any], at_ms: int = 0) -> None:
        """Enter a list as a test needs it."""
        self.enter(EntryList(institution_id, kind, entries, "because", "li", at_ms))

    def entries(self, institution_id: str, kind: EntryKind, known_at_ms: int | None = None) -> EntryList:
        at_ms = 2**62 if known_at_ms is None else known_at_ms
        known = [one for one in self.versions(institution_id, kind) if one.known_from_ms <= at_ms]
        return known[-1] if known else EntryList(institution_id, kind)

    def enter(self, entered: EntryList) -> bool:
        current = self.entries(entered.institution_id, entered.kind)
        if list(current.entries) == list(entered.entries):
            return False
        self.kept.append(entered)
        return True

    def versions(self, institution_id: str, kind: EntryKind) -> list[EntryList]:
        mine = [one for one in self.kept if (one.institution_id, one.kind) == (institution_id, kind)]
        return sorted(mine, key=lambda one: one.known_from_ms)


class EnergySide(ThinkingSide):
    """A ThinkingSide with the books of the energy side and a model."""

    def __init__(self, model: InstitutionModel) -> None:
        super().__init__()
        self.forecasts, self.effects = FakeForecastBook(), FakeEffectBook()
        self.institutions = ModelBook(model)

    @property
    def tools(self) -> JobTools:
        plain = super().tools
        books = EnergyBooks(forecasts=self.forecasts, effects=self.effects, entries=FakeEntryBook())
        services = dataclasses.replace(plain.services, energy=books, institutions=self.institutions)
        return dataclasses.replace(plain, services=services)
