"""What the overview shows, in three parts of different pace: live power and breaches, today's energy, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloud.console.curves import Curve, moving_mean, number, on_grid, total
from cloud.console.views.breach_story import BreachStory, open_first, tell, with_effect
from cloud.console.views.energy_today import water_mains
from cloud.console.views.places import POWER, PlacedDevice, Places
from cloud.core.access import Permission, Principal, can
from cloud.core.command_record import CommandRecord
from cloud.core.series import Sample, SeriesKey
from cloud.core.threshold import Breach, BreachState, Threshold
from cloud.desks.door import DoorServices
from cloud.desks.forecasts import read_effects
from cloud.energy.effect import Effect
from cloud.energy.threshold import MAX_GAP_MS

STEP_MS = 2_000
SPAN_MS = 10 * 60_000
STORIES = 4
EFFECTS = 20
"""Enough to hold those of the stories: one effect belongs to one breach."""

FLOW = "Flow"
TEMPERATURE, HUMIDITY, IRRADIANCE = "Temperature/Outdoor", "Humidity/Outdoor", "Irradiance"
WEATHER = (TEMPERATURE, HUMIDITY, IRRADIANCE)


@dataclass(frozen=True, slots=True)
class BuildingPower:
    """One building's main meter over the last minutes. `mean` is the mean that the threshold watches."""

    building_id: str
    device: PlacedDevice
    curve: Curve
    mean: Curve
    threshold: Threshold | None
    breaches: tuple[Breach, ...]
    commands: tuple[CommandRecord, ...]

    @property
    def now_w(self) -> float | None:
        return self.curve[-1][1] if self.curve else None

    @property
    def mean_w(self) -> float | None:
        return self.mean[-1][1] if self.mean else None

    @property
    def is_breached(self) -> bool:
        return any(breach.state is BreachState.OPEN for breach in self.breaches)


@dataclass(frozen=True, slots=True)
class LivePower:
    """The loop at `at_ms`: power by building and in total, breaches with their commands, devices online."""

    at_ms: int
    buildings: tuple[BuildingPower, ...]
    total: Curve
    stories: tuple[BreachStory, ...]
    open_breaches: int
    devices_online: int
    devices: int
    flow_l_per_h: float | None
    weather: Mapping[str, Sample]
    places: Places

    @property
    def now_w(self) -> float | None:
        return self.total[-1][1] if self.total else None

    @property
    def is_replayed(self) -> bool:
        return any(device.is_replayed for device in self.places.devices)


def read_live_power(services: DoorServices, principal: Principal, places: Places) -> LivePower:
    """Everything that moves by the second, for one principal's scope."""
    now_ms = services.clock.now_ms()
    thresholds, breaches, commands = _loop(services, principal)
    end_ms = now_ms // STEP_MS * STEP_MS
    buildings = tuple(_building(services, device, end_ms, thresholds, breaches, commands) for device in places.mains())
    waters = water_mains(places.devices)
    newest = _newest(services, [*waters, *(one for one in places.devices if one.has_point(TEMPERATURE))])
    stories = [tell(breach, thresholds, commands) for breach in open_first(breaches, STORIES)]
    booked = _booked(services, principal)
    return LivePower(
        at_ms=now_ms,
        buildings=buildings,
        total=total([building.curve for building in buildings]),
        stories=tuple(with_effect(services.store, one, booked, now_ms) for one in stories),
        open_breaches=sum(breach.state is BreachState.OPEN for breach in breaches),
        devices_online=sum(device.registered.is_online for device in places.devices),
        devices=len(places.devices),
        flow_l_per_h=_site_flow(newest, waters),
        weather=_weather(newest, places),
        places=places,
    )


def _loop(
    services: DoorServices, principal: Principal
) -> tuple[Sequence[Threshold], Sequence[Breach], Sequence[CommandRecord]]:
    scope = principal.institution_ids
    thresholds, breaches, commands = [], [], []
    if can(principal, Permission.READ_THRESHOLDS):
        thresholds, breaches = services.thresholds.thresholds(scope), services.thresholds.breaches(scope, limit=50)
    if can(principal, Permission.READ_COMMANDS):
        commands = services.commands.recent(scope, limit=100)
    return thresholds, breaches, commands


def _booked(services: DoorServices, principal: Principal) -> dict[str, Effect]:
    """The newest effects by breach."""
    if not can(principal, Permission.READ_ENERGY):
        return {}
    return {one.breach_id: one for one in read_effects(services, principal, limit=EFFECTS)}


def _building(
    services: DoorServices,
    device: PlacedDevice,
    end_ms: int,
    thresholds: Sequence[Threshold],
    breaches: Sequence[Breach],
    commands: Sequence[CommandRecord],
) -> BuildingPower:
    threshold = next((one for one in thresholds if _watches(one, device) and one.enabled), None)
    start_ms = end_ms - SPAN_MS
    own = [one for one in breaches if threshold and one.threshold_id == threshold.threshold_id]
    own_ids = {one.breach_id for one in own}
    window_ms = int(threshold.window_s * 1000) if threshold else STEP_MS
    # On the grid of all buildings, whose curves are added up.
    lead_ms = -(-min(window_ms, SPAN_MS) // STEP_MS) * STEP_MS
    curve = _curve(services, device, start_ms - lead_ms, end_ms)
    mean = moving_mean(curve, window_ms)
    return BuildingPower(
        building_id=device.building_id or device.id,
        device=device,
        curve=[step for step in curve if step[0] >= start_ms],
        mean=[step for step in mean if step[0] >= start_ms] if threshold else [],
        threshold=threshold,
        breaches=tuple(one for one in own if (one.closed_ms or end_ms) >= start_ms),
        commands=tuple(
            one for one in commands if one.request.breach_id in own_ids and one.sent_ms and one.sent_ms >= start_ms
        ),
    )


def _watches(threshold: Threshold, device: PlacedDevice) -> bool:
    return (threshold.group, threshold.device, threshold.point) == (device.group, device.id, POWER)


def _curve(services: DoorServices, device: PlacedDevice, start_ms: int, end_ms: int) -> Curve:
    key = SeriesKey(device.group, device.id, POWER)
    samples = services.store.series(key, start_ms - MAX_GAP_MS, end_ms + 1)
    lost_ms = None if device.registered.is_online else device.registered.changed_ms
    return on_grid(samples, start_ms, end_ms, STEP_MS, valid_until_ms=lost_ms)


def _site_flow(newest: Mapping[SeriesKey, Sample], meters: Sequence[PlacedDevice]) -> float | None:
    """Flow through the main water meters in L/h; None when one of them says nothing."""
    flows = [number(newest.get(SeriesKey(one.group, one.id, FLOW))) for one in meters if one.registered.is_online]
    known = [flow for flow in flows if flow is not None]
    return sum(known) if known and len(known) == len(meters) else None


def _weather(newest: Mapping[SeriesKey, Sample], places: Places) -> dict[str, Sample]:
    """The newest sample of each weather point of the first station that has any."""
    for device in places.devices:
        keys = [SeriesKey(device.group, device.id, point) for point in WEATHER if device.has_point(point)]
        if found := {key.point: newest[key] for key in keys if key in newest}:
            return found
    return {}


def _newest(services: DoorServices, devices: Sequence[PlacedDevice]) -> dict[SeriesKey, Sample]:
    newest: dict[SeriesKey, Sample] = {}
    for group in {device.group for device in devices}:
        newest.update(services.store.last(group, {device.id for device in devices if device.group == group}))
    return newest
