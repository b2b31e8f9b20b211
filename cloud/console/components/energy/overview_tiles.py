"""The six numbers on top of the overview."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.tiles import Tile
from cloud.console.numbers import MISSING, Shown, age, grouped, show, show_value
from cloud.console.session import Viewer
from cloud.console.views.energy_today import EnergyToday
from cloud.console.views.overview import HUMIDITY, IRRADIANCE, TEMPERATURE, LivePower
from cloud.core.series import Sample
from gateway.messages import Quality

WEATHER_STALE_MS = 30 * 60_000


class OverviewTiles:
    """Live tiles only for those who may see series; today's energy for everybody."""

    def __init__(self, viewer: Viewer, *, has_live: bool) -> None:
        say = viewer.say
        self._viewer = viewer
        with ui.element("div").classes("xt-tiles"):
            self._power = Tile(say("console.tile.power"), "tile-power") if has_live else None
            self._energy = Tile(say("console.tile.energy"), "tile-energy")
            self._water = Tile(say("console.tile.water"), "tile-water")
            self._devices = Tile(say("console.tile.devices"), "tile-devices") if has_live else None
            self._breaches = Tile(say("console.tile.breaches"), "tile-breaches") if has_live else None
            self._weather = Tile(say("console.tile.weather"), "tile-weather") if has_live else None
        self._flow_words = ""

    def show_live(self, view: LivePower) -> None:
        viewer = self._viewer
        if self._power:
            self._power.show(show(view.now_w, "W"), power_note(view, viewer))
        if self._devices:
            lost = view.devices - view.devices_online
            note = viewer.say("console.tile.devices_lost", n=lost) if lost else viewer.say("console.tile.devices_all")
            online = Shown(grouped(view.devices_online, 0), f"/ {grouped(view.devices, 0)}")
            self._devices.show(online, note, is_alarming=lost > 0)
        if self._breaches:
            note = viewer.say("console.tile.breaches_some" if view.open_breaches else "console.tile.breaches_none")
            self._breaches.show(Shown(str(view.open_breaches)), note, is_alarming=view.open_breaches > 0)
        if self._weather:
            self._weather.show(*weather_words(view, viewer))
        self._flow_words = viewer.say("console.tile.flow", flow=str(show(view.flow_l_per_h, "L/h")))

    def show_energy(self, today: EnergyToday) -> None:
        viewer = self._viewer
        total = today.total
        note = viewer.say("console.tile.energy_buildings", n=len(today.mains))
        self._energy.show(show(total.amount if total else None, "Wh", decimals=0), note)
        self._water.show(show(today.water.amount if today.water else None, "L"), self._flow_words)


def power_note(view: LivePower, viewer: Viewer) -> str:
    """How the power stands to five minutes ago, or which buildings say nothing."""
    silent = [building for building in view.buildings if building.now_w is None]
    if silent:
        names = viewer.say("console.and").join(
            viewer.name(view.places.building_name(one.building_id)) for one in silent
        )
        return viewer.say("console.tile.silent", buildings=names)
    before = view.total[len(view.total) // 2][1] if view.total else None
    if before is None or view.now_w is None:
        return ""
    change = view.now_w - before
    return viewer.say("console.tile.change", change=f"{'+' if change >= 0 else '−'}{show(abs(change), 'W')}")


def weather_words(view: LivePower, viewer: Viewer) -> tuple[Shown, str]:
    """Temperature, then humidity and irradiance; what is old or bad reads as a dash with its age."""
    temperature = view.weather.get(TEMPERATURE)
    if not _is_fresh(temperature, view.at_ms):
        since = age(temperature.measured_ms if temperature else None, view.at_ms, viewer.language)
        return Shown(MISSING, "°C"), viewer.say("console.tile.weather_old", age=since)
    humidity, irradiance = (
        _shown(view.weather.get(point), unit, view.at_ms, viewer)
        for point, unit in ((HUMIDITY, "%RH"), (IRRADIANCE, "W/m2"))
    )
    return _shown(temperature, "°C", view.at_ms, viewer), f"{humidity} · {irradiance}"


def _is_fresh(sample: Sample | None, now_ms: int) -> bool:
    return sample is not None and sample.quality is Quality.GOOD and now_ms - sample.measured_ms <= WEATHER_STALE_MS


def _shown(sample: Sample | None, unit: str, now_ms: int, viewer: Viewer) -> Shown:
    value = sample.value if sample is not None and _is_fresh(sample, now_ms) else None
    return show_value(value, unit, viewer.language)
