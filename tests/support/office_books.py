"""One office's books for the rules of the risk library: records in real SQLite, meters and trackers in memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cloud.adapters.sql.database import migrate, open_database
from cloud.adapters.sql.record_book import SqlRecordBook
from cloud.core.calendar import LOCAL, day_start_ms
from cloud.core.energy_interval import EnergyInterval
from cloud.core.institution import (
    Building,
    ClimateZone,
    Compound,
    Device,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Vehicle,
)
from cloud.core.ports import RegisteredDevice
from cloud.core.series import Sample, SeriesKey
from cloud.core.work_calendar import WorkCalendar
from cloud.energy.ports import EnergyBooks
from cloud.records.entry import end_ms, record_id, start_ms, subject
from cloud.records.kind import load_kinds
from cloud.records.record import Record, RecordImport
from cloud.risk.rule import Evidence, Rule, Sighting
from cloud.risk.rule_words import finding_of
from foundation.clock import to_ms
from foundation.texts import LANGUAGES, load_texts
from tests.support.energy_side import FakeEffectBook, FakeEntryBook, FakeForecastBook
from tests.support.fakes import FakeEventLog, FakeIntervalBook, FakeRegistry, FakeStore
from tests.support.thinking import GROUP, INSTITUTION, counter, device, gauge

TODAY = date(2026, 9, 24)
"""A Thursday between workdays."""

NAMES = {"zh-CN": "甲", "en": "A"}
ENERGY, VOLUME = "Energy/Active/Import", "Volume/Positive"
HOUR_MS, QUARTER_MS = 3_600_000, 900_000
_NUMBERS = count(1)


def at_ms(day: date, hour: int, minute: int = 0) -> int:
    """A local time in UTC milliseconds."""
    return to_ms(datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL))


def record(kind_id: str, **values: Any) -> Record:
    """A row as its import enters it; days may be given as dates, money is whole fen."""
    kind = load_kinds()[kind_id]
    given = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    fields = {name: given.get(name) for name in kind.fields}
    assert set(given) <= set(kind.fields), sorted(set(given) - set(kind.fields))
    return Record(
        institution_id=INSTITUTION,
        kind=kind_id,
        record_id=record_id(kind, fields),
        department=kind.department,
        subject=subject(kind, fields, INSTITUTION),
        start_ms=start_ms(kind, fields),
        end_ms=end_ms(kind, fields),
        fields=fields,
    )


@dataclass
class OfficeBooks:
    """Ways to fill the books, and `examine` to look at them at a time of `now_ms`."""

    records: SqlRecordBook
    now_ms: int = at_ms(TODAY, 9)
    intervals: FakeIntervalBook = field(default_factory=FakeIntervalBook)
    store: FakeStore = field(default_factory=FakeStore)
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    devices: list[Device] = field(default_factory=list)
    vehicles: list[Vehicle] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    entries: FakeEntryBook = field(default_factory=FakeEntryBook)

    def enter(self, *records: Record) -> None:
        """Import these rows, kind by kind."""
        for kind in {one.kind for one in records}:
            name = f"import-{next(_NUMBERS)}"
            of_import = RecordImport(name, INSTITUTION, kind, "book.csv", "", "li", self.now_ms)
            self.records.put([one for one in records if one.kind == kind], of_import)

    def meter(self, name: str, unit: str, building: str | None = "building-a", sub_item: str = "01") -> SeriesKey:
        """A registered meter that the institution model places."""
        point = ENERGY if unit == "Wh" else VOLUME
        self._register(device(name, "meter", counter(point, unit)))
        self.devices.append(
            Device(device_id=name, compound_id=GROUP, name=NAMES, building_id=building, sub_item=sub_item)
        )
        return SeriesKey(GROUP, name, point)

    def tracker(self, vehicle_id: str) -> SeriesKey:
        """A vehicle with a tracker of the same name."""
        self._register(device(vehicle_id, "vehicle", gauge("Speed", "km/h")))
        self.vehicles.append(Vehicle(vehicle_id=vehicle_id, name=NAMES, energy="petrol", device_id=vehicle_id))
        return SeriesKey(GROUP, vehicle_id, "Speed")

    def book(self, key: SeriesKey, days: Iterable[date], per_hour: Callable[[date, int], float | None]) -> None:
        """Quarter hours of these local days; `per_hour(day, hour)` in base units, None leaves the hour out."""
        quarters = [
            EnergyInterval(key.group, key.device, key.point, start, start + QUARTER_MS, round(value / 4))
            for day in days
            for hour in range(24)
            if (value := per_hour(day, hour)) is not None
            for start in range(day_start_ms(day) + hour * HOUR_MS, day_start_ms(day) + (hour + 1) * HOUR_MS, QUARTER_MS)
        ]
        self.intervals.book(quarters, self.now_ms)

    def drive(self, key: SeriesKey, start_ms: int, minutes: int, speed_kmh: float = 40.0) -> None:
        """A speed every half minute, then standing."""
        samples = [Sample(start_ms + step * 30_000, speed_kmh) for step in range(minutes * 2)]
        self.store.put(key, *samples, Sample(start_ms + minutes * 60_000, 0.0))

    def evidence(self) -> Evidence:
        institution = Institution(
            institution_id=INSTITUTION,
            name=NAMES,
            institution_class=InstitutionClass.STATE_ORGAN,
            region="330127",
            climate_zone=ClimateZone.HOT_SUMMER_COLD_WINTER,
        )
        return Evidence(
            institution_id=INSTITUTION,
            model=InstitutionModel(
                institution=institution,
                compounds=(Compound(compound_id=GROUP, name=NAMES),),
                buildings=tuple(self.buildings),
                vehicles=tuple(self.vehicles),
                devices=tuple(self.devices),
            ),
            now_ms=self.now_ms,
            store=self.store,
            intervals=self.intervals,
            registry=self.registry,
            records=self.records,
            event_log=FakeEventLog(),
            energy=EnergyBooks(FakeForecastBook(), FakeEffectBook(), self.entries),
            calendar=WorkCalendar(),
        )

    def examine(self, rule: Rule) -> list[Sighting]:
        """What the rule sees now; looking twice must see the same, and its facts must fill its sentences."""
        assert rule.examine is not None
        seen = list(rule.examine(self.evidence()))
        assert seen == list(rule.examine(self.evidence()))
        for one in seen:
            assert json.loads(json.dumps(one.data)) == one.data
            for language in LANGUAGES:
                assert "?" not in finding_of(rule.rule_id, one.subject, one.data, language)
                assert "?" not in load_texts()(f"event.{rule.kind}", language, **one.data, subject=one.subject)
        return seen

    def _register(self, registered: RegisteredDevice) -> None:
        self.registry.known[registered.group, registered.device] = registered


def days_before(until: date, number: int) -> list[date]:
    """The local days before `until`, oldest first."""
    return [until - timedelta(days=back) for back in range(number, 0, -1)]


@contextmanager
def office_books(folder: Path) -> Iterator[OfficeBooks]:
    """Empty books on a database of their own in `folder`."""
    shutil.copy(_migrated(), folder / "cloud.db")
    engine = open_database(f"sqlite:///{folder / 'cloud.db'}")
    yield OfficeBooks(SqlRecordBook(engine))
    engine.dispose()


_FOLDERS: list[TemporaryDirectory[str]] = []


@cache
def _migrated() -> Path:
    """An empty database, brought up to date once per run of the tests."""
    _FOLDERS.append(TemporaryDirectory(prefix="office-books-"))
    path = Path(_FOLDERS[-1].name) / "cloud.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path
