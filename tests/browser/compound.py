"""A synthetic compound for the console: three buildings, 41 devices, cameras, vehicles; loads are functions of time."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cloud.core.institution import (
    Building,
    ClimateZone,
    Compound,
    Device,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Names,
)
from cloud.core.series import Aggregate, Sample, SeriesKey, StoreCounts, StreamRow, WriteResult
from device_profiles.catalogue import load_catalogue
from device_profiles.profile import Profile, WritablePoint
from foundation.clock import Clock
from gateway.messages import DeviceBirth, PointBirth, Quality, Value
from gateway.stream import RangeSet

GROUP, NODE, INSTITUTION = "demo-county", "edge-1", "demo-county-office"
LOST_DEVICE = "b-floor-3"
STEP_MS, QUARTER_MS = 2_000, 15 * 60_000

BUILDINGS: dict[str, Names] = {
    "building-a": {"zh-CN": "一号办公楼", "en": "Office building A"},
    "building-b": {"zh-CN": "二号办公楼（含食堂）", "en": "Office building B with canteen"},
    "building-c": {"zh-CN": "三号办公楼（含机房）", "en": "Office building C with data room"},
}
MEAN_KW = {"a": 74.0, "b": 93.0, "c": 118.0}
SHARES = {"01": 1.0, "01A": 0.31, "01B": 0.37, "01C": 0.12, "01D": 0.20}

_METER, _MAIN, _AC, _RELAY = "eastron.sdm630", "acrel.adl400", "intesis.ac", "kmtronic.relay8"
_WATER, _WEATHER = "tuf.tuf2000m_water", "generic.weather_json"
_KINDS: dict[str, tuple[str, str, str, str]] = {
    "main": (_MAIN, "01", "总进线", "main feed"),
    "lighting": (_METER, "01A", "照明插座", "lighting and sockets"),
    "hvac": (_METER, "01B", "空调", "air conditioning"),
    "power": (_METER, "01C", "动力", "lifts and pumps"),
    "special": (_METER, "01D", "特殊用电", "special loads"),
    **{f"floor-{n}": (_METER, "01A", f"{n}层照明插座", f"floor {n} lighting and sockets") for n in range(1, 5)},
    **{f"ac-{n}": (_AC, "01B", f"空调网关{n}", f"air-conditioning gateway {n}") for n in (1, 2)},
    "relay": (_RELAY, "01A", "照明继电器", "lighting relays"),
    "water": (_WATER, "02", "水表", "water meter"),
}
_CAMERAS = ("gate", "lobby", "canteen", "dataroom", "parking", "archive")


@dataclass(frozen=True, slots=True)
class Installed:
    """One device of the synthetic compound."""

    id: str
    profile: str
    name: Names
    building: str | None = None
    sub_item: str | None = None


def installed() -> list[Installed]:
    """Every device: 13 per building, the site's water meter and weather station, 6 cameras, 8 vehicles."""
    devices = [
        Installed(
            f"{letter}-{kind}",
            profile,
            {"zh-CN": f"{'一二三'['abc'.index(letter)]}号楼{zh}", "en": f"Building {letter.upper()} {en}"},
            f"building-{letter}",
            sub_item,
        )
        for letter in "abc"
        for kind, (profile, sub_item, zh, en) in _KINDS.items()
    ]
    devices.append(Installed("site-water", _WATER, {"zh-CN": "大院总水表", "en": "Site water meter"}, None, "02"))
    devices.append(Installed("weather", _WEATHER, {"zh-CN": "气象站", "en": "Weather station"}))
    devices += [
        Installed(f"cam-{one}", "frigate.camera", {"zh-CN": f"摄像机 {one}", "en": f"Camera {one}"}, "building-a")
        for one in _CAMERAS
    ]
    return devices + [
        Installed(f"car-0{n}", "owntracks.tracker", {"zh-CN": f"公务车 0{n}", "en": f"Official car 0{n}"})
        for n in range(1, 9)
    ]


def model() -> InstitutionModel:
    """The institution as an administrator enters it."""
    return InstitutionModel(
        institution=Institution(
            institution_id=INSTITUTION,
            name={"zh-CN": "示范县机关事务服务中心", "en": "Demo County Government Offices Administration"},
            institution_class=InstitutionClass.STATE_ORGAN,
            region="450000",
            climate_zone=ClimateZone.HOT_SUMMER_WARM_WINTER,
        ),
        compounds=(
            Compound(compound_id=GROUP, name={"zh-CN": "示范县机关大院", "en": "Demo County government compound"}),
        ),
        buildings=tuple(
            Building(building_id=one, compound_id=GROUP, name=name, use="office") for one, name in BUILDINGS.items()
        ),
        devices=tuple(
            Device(
                device_id=one.id,
                compound_id=GROUP,
                name=one.name,
                building_id=one.building,
                sub_item=one.sub_item,
            )
            for one in installed()
        ),
    )


def birth(device: Installed, profile: Profile) -> DeviceBirth:
    """The device as an edge announces it."""
    properties = {"profile": profile.id, "role": profile.role, "source": "replay"}
    properties |= {f"param_{name}": str(param.default) for name, param in profile.params.items()}
    return DeviceBirth(
        device.id,
        properties,
        tuple(
            PointBirth(
                point.name, point.datatype, point.display_unit.base, point.kind, isinstance(point, WritablePoint)
            )
            for point in profile.all_points
        ),
    )


class SyntheticStore:
    """Fits TimeSeriesStore for reading: samples are computed; `surges` and `reductions` bend building A."""

    def __init__(self, clock: Clock) -> None:
        self._catalogue = load_catalogue()
        self._devices = {one.id: one for one in installed()}
        self._clock = clock
        self.reads = 0
        self.reductions: list[tuple[int, int, float]] = []
        """(from ms, to ms, W) by which building A draws less."""
        self.surges: list[tuple[int, int, float]] = []

    def last(self, group: str, devices: Collection[str] | None = None) -> Mapping[SeriesKey, Sample]:
        self.reads += 1
        newest: dict[SeriesKey, Sample] = {}
        for device in self._devices.values():
            if group != GROUP or (devices is not None and device.id not in devices):
                continue
            at_ms = self._clock.now_ms() // STEP_MS * STEP_MS - (40 * 60_000 if device.id == LOST_DEVICE else 0)
            for point in self._catalogue.get(device.profile).all_points:
                newest[SeriesKey(group, device.id, point.name)] = Sample(at_ms, self._value(device, point.name, at_ms))
        return newest

    def series(
        self, key: SeriesKey, start_ms: int, end_ms: int, *, window_ms: int | None = None, aggregate: Aggregate = "mean"
    ) -> list[Sample]:
        self.reads += 1
        device = self._devices.get(key.device)
        if device is None or key.group != GROUP:
            return []
        step = window_ms or STEP_MS
        first = -(-start_ms // step) * step
        times = range(first, min(end_ms, self._clock.now_ms() + 1), step)
        return [Sample(at, self._value(device, key.point, at), Quality.GOOD) for at in times]

    def _value(self, device: Installed, point: str, at_ms: int) -> Value:
        if point == "Power/Active/Total":
            return self._power_w(device, at_ms)
        if point.startswith("Power/Active/L"):
            return self._power_w(device, at_ms) / 3
        if point in ("Energy/Active/Total", "Energy/Active/Import"):
            return int(_mean_w(device) * (at_ms - 1_700_000_000_000) / 3_600_000)
        return _small_value(device, point, at_ms)

    def _power_w(self, device: Installed, at: int) -> float:
        power = _mean_w(device) * (1 + 0.05 * _wave(at, 210_000, device.id) + 0.02 * _wave(at, 17_000, device.id))
        if device.id in ("a-main", "a-hvac"):
            power += sum(by for start, end, by in self.surges if start <= at < end)
            power -= sum(by * min(1, (at - start) / 8_000) for start, end, by in self.reductions if start <= at < end)
        return round(power, 1)

    def write(self, rows: Sequence[StreamRow]) -> WriteResult:
        raise NotImplementedError("a synthetic store only reads")

    def position(self, stream: str) -> RangeSet:
        return RangeSet()

    def counts(self) -> StoreCounts:
        return StoreCounts(stored=0, duplicates=0, quarantined=0, redelivered=0, rows=0)


def _mean_w(device: Installed) -> float:
    share = 0.07 if "floor" in device.id else SHARES.get(device.sub_item or "", 0.0)
    return MEAN_KW.get(device.id[0], 0.0) * 1000 * share


def _wave(at_ms: int, period_ms: int, name: str) -> float:
    return math.sin(2 * math.pi * at_ms / period_ms + sum(map(ord, name)))


def _small_value(device: Installed, point: str, at_ms: int) -> Value:
    wave = _wave(at_ms, 90_000, device.id + point)
    values: dict[str, Value] = {
        "Flow": round(1450 + 300 * wave, 1),
        "Volume/Positive": int((at_ms - 1_700_000_000_000) / 3_600_000 * 1400),
        "Temperature/Room": round(25.6 + 0.4 * wave, 1),
        "Setpoint/Temperature": 26.0,
        "Switch": 1,
        "Mode": 4,
        "Fan": 2,
        "Camera/Online": True,
        "Count/Person": max(0, round(2 * wave)),
        "Count/Car": 0,
        "Speed": round(max(0.0, 40 * wave), 1),
        "Battery": 0.86,
        "Temperature/Outdoor": round(29.4 + 0.2 * wave, 1),
        "Humidity/Outdoor": 68.0,
        "Irradiance": 512.0,
        "Frequency": 50.01,
        "PowerFactor/Total": 0.962,
    }
    if point.startswith("Relay/"):
        return point[-1] in "123"
    folder = point.partition("/")[0]
    return values.get(point, {"Voltage": 229.8, "Current": 118.4}.get(folder, 0.0))
