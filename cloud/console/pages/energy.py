"""Energy of one institution: the account of a month, why it changed, forecasts, what was saved, and its own prices."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.energy.account_inputs import AccountInputs
from cloud.console.components.energy.change_panel import ChangePanel
from cloud.console.components.energy.consumption_table import ConsumptionTable
from cloud.console.components.energy.effect_table import EffectTable
from cloud.console.components.energy.energy_settings import EnergySettingsPanel
from cloud.console.components.energy.energy_tiles import EnergyTiles, convention_name
from cloud.console.components.energy.forecast_panel import ForecastPanel, ForecastView
from cloud.console.components.energy.restatement_panel import RestatementPanel
from cloud.console.components.institution_choice import InstitutionChoice
from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.energy_charts import months_chart
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.console.views.energy_effects import EnergyEffects, read_energy_effects
from cloud.console.views.energy_month import EnergyMonth, last_full_month, period_choices, read_energy_month
from cloud.console.views.known_then import end_of_day_ms, read_known_then
from cloud.console.views.places import Places
from cloud.core.access import Permission
from cloud.core.period import Period
from cloud.desks.energy_account import CONVENTIONS
from cloud.desks.energy_settings import EnergySettings, read_energy_settings
from cloud.energy.factor_set import CALORIFIC
from cloud.energy.restatement import Restatement

REFRESH_S, ACCOUNT_AGE_S = 20.0, 15.0


@dataclass(frozen=True, slots=True)
class EnergyPageView:
    """Everything read at once for one institution and period."""

    month: EnergyMonth
    forecasts: ForecastView
    effects: EnergyEffects
    settings: EnergySettings | None
    restated: Restatement | None
    places: Places


def register(console: Console) -> None:
    """Route `/energy`."""

    @guarded_page(console, "/energy", Permission.READ_ENERGY)
    async def energy_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/energy", viewer.say("console.nav.energy")) as light:
            await EnergyPage(console, viewer, light).build()


class EnergyPage:
    """Choosers above, then the account, forecasts, effects, and the institution's own prices."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._period = last_full_month(console.services.clock.now_ms())
        self._convention = CALORIFIC
        self._view: EnergyPageView | None = None
        self._settings: EnergySettingsPanel | None = None
        self._entries = 0
        self._known_at_ms: int | None = None

    async def build(self) -> None:
        say = self._viewer.say
        self._institution = await InstitutionChoice.read(self._console, self._viewer)
        if self._institution.is_empty:
            self._institution.say_empty()
            return
        with ui.element("div").classes("xt-choosers"):
            self._institution.build(self._choose_institution)
            self._choosers()
        self._tiles = EnergyTiles(self._viewer)
        with panel(say("console.account.consumption"), note=say("console.account.consumption_hint")):
            self._consumption = ConsumptionTable(self._viewer)
        with ui.element("div").classes("xt-grid xt-grid-half"):
            with panel(say("console.account.months")):
                self._months = ui.echart({}).classes("xt-chart")
            with panel(say("console.account.why_changed"), note=say("console.account.lmdi")):
                self._change = ChangePanel(self._viewer)
        with panel(say("console.restatement.title"), note=say("console.restatement.hint")):
            self._restated = RestatementPanel(self._viewer)
        with panel(say("console.account.inputs")):
            self._inputs = AccountInputs(self._viewer)
        with panel(say("console.forecast.title"), note=say("console.forecast.hint")):
            self._forecasts = ForecastPanel(self._console, self._viewer)
        with panel(say("console.effect.title"), note=say("console.effect.hint")):
            self._effects = EffectTable(self._viewer)
        if self._viewer.may(Permission.READ_THRESHOLDS):
            self._settings = EnergySettingsPanel(self._console, self._viewer, self._entered)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _choosers(self) -> None:
        choices = {str(one): str(one) for one in period_choices(self._console.services.clock.now_ms())}

        async def choose_period() -> None:
            self._period = Period.parse(str(period.value))
            await self._refresh()

        period = tag(
            ui.select(
                choices,
                label=self._viewer.say("console.account.period"),
                value=str(self._period),
                on_change=choose_period,
            ),
            "period",
        )
        period.props("dense outlined").classes("xt-chooser")
        self._known_chooser()
        names = {one: convention_name(one, self._viewer) for one in CONVENTIONS}

        def choose_convention() -> None:
            self._convention = str(convention.value)
            if self._view is not None:
                self._draw_account(self._view.month)

        convention = tag(ui.toggle(names, value=self._convention, on_change=choose_convention), "convention")
        convention.props("no-caps unelevated toggle-color=primary").classes("xt-toggle")
        ui.label(self._viewer.say("console.account.never_mixed")).classes("xt-note")

    def _known_chooser(self) -> None:
        """A day whose knowledge is shown in place of today's; empty for what is known now."""

        async def choose_day() -> None:
            self._known_at_ms = end_of_day_ms(str(day.value or ""), self._console.services.clock.now_ms())
            await self._refresh()

        day = tag(ui.input(self._viewer.say("console.restatement.known_on"), on_change=choose_day), "known-on")
        day.props("type=date dense outlined stack-label clearable").classes("xt-chooser")

    async def _choose_institution(self) -> None:
        await self._refresh()

    async def _entered(self) -> None:
        """Other prices, other figures: what is read next is read anew."""
        self._entries += 1
        await self._refresh()

    def _read(self) -> EnergyPageView:
        console, viewer = self._console, self._viewer
        services, principal = console.services, viewer.principal
        institution_id, period, known_at_ms = self._institution.value, self._period, self._known_at_ms
        key = scope_key("energy", principal), institution_id, period, known_at_ms, self._entries
        month = console.shared.get(
            key, ACCOUNT_AGE_S, lambda: read_energy_month(services, principal, institution_id, period, known_at_ms)
        )
        return EnergyPageView(
            month=month,
            forecasts=self._forecasts.read(institution_id),
            effects=read_energy_effects(services, principal, institution_id),
            settings=read_energy_settings(services, principal, institution_id) if self._settings else None,
            restated=read_known_then(services, principal, institution_id, period, known_at_ms),
            places=console.places(viewer),
        )

    def _draw(self, view: EnergyPageView) -> None:
        is_same = self._view is not None and self._view.month == view.month
        self._view = view
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        if not is_same:
            self._draw_account(view.month)
        self._restated.show(view.restated, view.month.model)
        self._forecasts.show(view.forecasts, view.places)
        self._effects.show(view.effects)
        if self._settings is not None and view.settings is not None:
            self._settings.show(view.settings, view.month.model.institution)

    def _draw_account(self, month: EnergyMonth) -> None:
        self._tiles.show(month, self._convention)
        self._consumption.show(month, self._convention)
        self._months.options.clear()
        self._months.options.update(months_chart(month, self._convention, self._viewer))
        self._months.update()
        self._change.show(month)
        self._inputs.show(month, self._convention)
