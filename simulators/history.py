"""Writes the file that a data logger would have left: past weeks of registers, powers and temperature."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import IO

import numpy as np

from device_profiles.catalogue import Catalogue, load_catalogue
from device_profiles.profile import Point, Profile
from foundation.clock import from_ms, to_ms
from foundation.errors import ConfigError
from simulators.compound import Compound, SimulatedDevice
from simulators.leak import Leaks
from simulators.plant import Plant
from simulators.replay import Floats, Times
from simulators.words import fit, float_in_register, raw_number

HEADER = "device,time_utc,point,value,unit"
NEVER_MOVES = "Energy/Active/Export"
"""No building feeds back: its register stays 0, and a logger set up by a thrifty person leaves it out."""


@dataclass(frozen=True)
class HistoryReport:
    """What was written, and the series (`device point`) left out for want of room or because they stand still."""

    readings: int
    first_ms: int
    last_ms: int
    series: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Series:
    """One point of one device; the lower `rank`, the later it is left out."""

    device: str
    point: Point
    rank: int
    values: Callable[[Times], Floats]
    params: dict[str, Decimal]

    @property
    def name(self) -> str:
        return f"{self.device} {self.point.name}"


def write_history(
    compound: Compound,
    path: Path,
    *,
    weeks: float,
    until: datetime,
    step_minutes: int = 15,
    max_readings: int = 400_000,
    catalogue: Catalogue | None = None,
    leaks: Leaks = (),
) -> HistoryReport:
    """Write `weeks` of readings up to `until` (aware) as CSV, compressed when the name ends in .gz.

    Times lie on the grid of `step_minutes`; nothing is written from before the meters were installed. Values are
    those of the registers: what the live simulator serves goes on from them. Raises ConfigError when not even the
    main registers fit into `max_readings`. `leaks` are those that the live simulator has.
    """
    plant = Plant(compound, catalogue or load_catalogue(), to_ms(until), leaks=leaks)
    times = _grid(until, weeks, step_minutes, plant)
    series, left_out = _chosen(_all_series(plant), len(times), max_readings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path) as file:
        file.write(HEADER + "\n")
        stamps = [from_ms(int(at_ms)).strftime("%Y-%m-%dT%H:%M:%SZ") for at_ms in times]
        for device in sorted({one.device for one in series}):
            _write_device([one for one in series if one.device == device], times, stamps, file)
    return HistoryReport(
        readings=len(times) * len(series),
        first_ms=int(times[0]),
        last_ms=int(times[-1]),
        series=tuple(one.name for one in series),
        left_out=tuple(left_out),
    )


def _grid(until: datetime, weeks: float, step_minutes: int, plant: Plant) -> Times:
    step_ms = step_minutes * 60_000
    first_ms = max(to_ms(until - timedelta(weeks=weeks)), plant.temperature.origin_ms)
    times = np.arange(-(-first_ms // step_ms) * step_ms, to_ms(until) + 1, step_ms, dtype=np.int64)
    if len(times) == 0:
        raise ConfigError("history", "until", "the meters were not yet installed")
    return times


def _all_series(plant: Plant) -> list[_Series]:
    return [series for device in plant.compound.devices for series in _series_of(plant, device)]


def _series_of(plant: Plant, device: SimulatedDevice) -> Iterator[_Series]:
    profile = plant.profile(device)
    params = {name: param.default for name, param in profile.params.items()} | dict(device.params)
    if profile.id == "generic.weather_json":
        yield _Series(device.id, profile.point("Temperature/Outdoor"), 1, plant.temperature.values, params)
    elif profile.role == "meter" and profile.carrier == "water":
        yield _Series(device.id, profile.point("Volume/Positive"), 0, plant.water(device).integrals, params)
    elif profile.role == "meter" and profile.carrier == "electricity":
        load, rank = plant.load(device), 0 if device.share is None else 2
        for point in _registers(profile):
            values = np.zeros_like if point.name == NEVER_MOVES else load.undisturbed_energy_wh
            yield _Series(device.id, point, rank, values, params)
        if device.sub_item == "01":
            yield _Series(device.id, profile.point("Power/Active/Total"), 1, load.undisturbed_power_w, params)


def _registers(profile: Profile) -> list[Point]:
    return [point for point in profile.points if point.kind == "counter" and point.display_unit.quantity == "energy"]


def _chosen(series: list[_Series], times: int, max_readings: int) -> tuple[list[_Series], list[str]]:
    """Series that fit, and the names of the others: secondary ones go first, whole and in the order of the file."""
    left_out = [one.name for one in series if one.point.name == NEVER_MOVES]
    kept = [one for one in series if one.point.name != NEVER_MOVES]
    while len(kept) * times > max_readings:
        last = max(kept, key=lambda one: one.rank)
        if last.rank == 0:
            raise ConfigError("history", "max_readings", f"{max_readings} cannot hold {len(kept)} main registers")
        kept.remove(last)
        left_out.append(last.name)
    return kept, left_out


def _write_device(series: list[_Series], times: Times, stamps: list[str], file: IO[str]) -> None:
    columns = [(f",{one.point.name},", _texts(one, times), f",{one.point.unit}\n") for one in series]
    start = f"{series[0].device},"
    for place, stamp in enumerate(stamps):
        file.write("".join(start + stamp + name + texts[place] + unit for name, texts, unit in columns))


def _texts(series: _Series, times: Times) -> list[str]:
    """What the register holds at each time, in the point's unit."""
    return [register_text(series.point, value, series.params) for value in series.values(times).tolist()]


def register_text(point: Point, value: float, params: dict[str, Decimal]) -> str:
    """`value` (base units) as a logger reads it from the register of `point`: cut to what the register can hold."""
    if point.type is None:
        return f"{point.display_unit.from_base(Decimal(value)):.1f}"
    raw = raw_number(point, value, params)
    if point.fraction is not None:
        whole = raw.to_integral_value(ROUND_FLOOR)
        held = whole + Decimal(float_in_register(point.fraction.type, float(raw - whole)))
    else:
        fitted = fit(point.type, raw, is_counter=point.kind == "counter")
        held = Decimal(fitted if isinstance(fitted, int) else float_in_register(point.type, fitted))
    number = held * point.scale + point.offset
    for name in point.ratio:
        number *= params[name]
    return f"{number:f}"


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    if path.suffix == ".gz":
        with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=4) as file:
            yield file
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
