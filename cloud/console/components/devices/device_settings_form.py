"""Settings of an installed device, from afar: ratios, sub-item, building and names; only what changed is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui

from cloud.console.command_words import setting_name
from cloud.console.components.devices.device_grid import sub_item_name
from cloud.console.components.field_inputs import FieldInput, FieldInputs
from cloud.console.components.tag import tag
from cloud.console.session import Viewer
from cloud.console.views.places import SUB_ITEMS, WATER, WHOLE_BUILDING, PlacedDevice, Places
from cloud.desks.commissioning import PARAM

Propose = Callable[[dict[str, str], str], Awaitable[None]]

REASON = "reason"


class DeviceSettingsForm:
    """Filled with what is in force."""

    def __init__(
        self, viewer: Viewer, device: PlacedDevice, places: Places, params: Mapping[str, str], propose: Propose
    ) -> None:
        self._viewer, self._propose = viewer, propose
        properties = device.registered.properties
        self._before = {
            **{f"{PARAM}{name}": value for name, value in sorted(params.items())},
            "sub_item": properties.get("sub_item", ""),
            "building": properties.get("building", ""),
            "name.zh-CN": properties.get("name_zh-CN", ""),
            "name.en": properties.get("name_en", ""),
        }
        choices = {
            "sub_item": tuple((one, sub_item_name(one, viewer)) for one in (WHOLE_BUILDING, *SUB_ITEMS, WATER)),
            "building": tuple((one, viewer.name(name)) for one, name in places.buildings.items()),
        }
        fields = [self._field(key, value, choices.get(key, ())) for key, value in self._before.items()]
        reason = FieldInput(REASON, viewer.say("console.commissioning.reason"), required=True)
        self._inputs = FieldInputs([*fields, reason])
        with ui.element("div").classes("xt-buttons"):
            go = ui.button(viewer.say("console.commissioning.propose"), on_click=self._go)
            tag(go.props("unelevated no-caps"), "propose-settings")

    def _field(self, key: str, value: str, choices: tuple[tuple[str, str], ...]) -> FieldInput:
        label = setting_name(self._viewer, key)
        if choices:
            known = value if value in dict(choices) else None
            return FieldInput(key, label, "choice", choices=choices, value=known)
        return FieldInput(key, label, value=value)

    async def _go(self) -> None:
        entered = {key: str(value).strip() for key, value in self._inputs.values().items()}
        reason = entered.pop(REASON, "")
        changed = {key: value for key, value in entered.items() if value != self._before[key]}
        await self._propose(changed, reason)
