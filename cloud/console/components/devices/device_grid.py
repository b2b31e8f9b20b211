"""The devices as a grid: rows as plain texts, updated cell by cell, stale ones greyed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from cloud.console.context import Console
from cloud.console.numbers import MISSING, age, show_value
from cloud.console.point_words import brief_point_name
from cloud.console.session import Viewer
from cloud.console.views.device_values import DeviceValues, PointValue
from cloud.core.ports import RegisteredDevice

Row = dict[str, Any]

_STATE_CLASSES = {"xt-cell-good": "data.is_online", "xt-cell-bad": "!data.is_online"}
_NAME_CELL = """params => {
  const cell = document.createElement("span"), id = document.createElement("span");
  cell.append(params.value, id);
  id.className = "xt-cell-id";
  id.textContent = params.data.id;
  return cell;
}"""
"""Name and id as text nodes: what people typed is never taken for markup."""


def device_row(values: DeviceValues, console: Console, viewer: Viewer, now_ms: int) -> Row:
    """One row; every cell is the text that is shown."""
    device = values.device
    online = device.registered.is_online
    return {
        "key": f"{device.group}/{device.id}",
        "id": device.id,
        "group": device.group,
        "state": viewer.say("console.device.online" if online else "console.device.offline"),
        "is_online": online,
        "is_stale": all(value.is_stale for value in values.key_values),
        "name": viewer.name(device.name),
        "profile": device.profile or MISSING,
        "building": viewer.name(console.places(viewer).building_name(device.building_id))
        if device.building_id
        else viewer.say("console.device.site"),
        "sub_item": sub_item_name(device.sub_item, viewer),
        "node": node_words(device.registered, viewer),
        "values": "   ".join(value_words(value, values, console, viewer) for value in values.key_values) or MISSING,
        "age": age(values.newest_ms, now_ms, viewer.language),
    }


def node_words(device: RegisteredDevice, viewer: Viewer) -> str:
    """The edge node, marked when it does not wait for acknowledgements."""
    return viewer.say("console.device.lossy_node", node=device.node) if device.is_lossy else device.node


def sub_item_name(sub_item: str | None, viewer: Viewer) -> str:
    return f"{sub_item} {viewer.say(f'console.sub_item.{sub_item}')}" if sub_item else MISSING


def value_words(value: PointValue, values: DeviceValues, console: Console, viewer: Viewer) -> str:
    """`83.2 kW` where the unit says what it is, `room 25.2 °C` where it does not."""
    profile = console.profile_point(values.device.profile, value.point.name)
    shown = show_value(value.sample.value if value.sample else None, value.point.unit, viewer.language, profile)
    return f"{brief_point_name(viewer, value.point.name)} {shown}".lstrip()


def changed_rows(before: dict[str, Row], after: Sequence[Row]) -> list[Row]:
    """Rows that differ from what the browser has."""
    return [row for row in after if before.get(row["key"]) != row]


class DeviceGrid:
    """AG Grid fed with differences, so that sorting, filters and scrolling stay as they are."""

    def __init__(self, viewer: Viewer) -> None:
        self._rows: dict[str, Row] = {}
        self._grid = ui.aggrid(_options(viewer), theme="quartz", auto_size_columns=False).classes("xt-device-grid")
        self._grid.on("rowClicked", _open, ["data"])

    def show(self, rows: Sequence[Row]) -> None:
        """Bring the browser's rows to these, whatever they were."""
        keys = {row["key"] for row in rows}
        transaction = {
            "add": [row for row in rows if row["key"] not in self._rows],
            "update": [row for row in changed_rows(self._rows, rows) if row["key"] in self._rows],
            "remove": [row for key, row in self._rows.items() if key not in keys],
        }
        self._rows = {row["key"]: row for row in rows}
        if any(transaction.values()):
            self._grid.run_grid_method("applyTransaction", transaction)


def _open(event: Any) -> None:
    row = event.args["data"]
    ui.navigate.to(f"/devices/{row['id']}?group={row['group']}")


def _options(viewer: Viewer) -> dict[str, Any]:
    def column(field: str, **more: Any) -> dict[str, Any]:
        return {"field": field, "headerName": viewer.say(f"console.device.column.{field}"), **more}

    return {
        "columnDefs": [
            column("state", width=76, cellClassRules=_STATE_CLASSES),
            {**column("name", flex=4, minWidth=200), ":cellRenderer": _NAME_CELL},
            column("values", flex=3, minWidth=210, sortable=False, cellClass="xt-cell-values"),
            column("age", width=72, sortable=False),
            column("building", flex=2, minWidth=112),
            column("sub_item", flex=2, minWidth=112),
            column("profile", width=150),
            column("node", width=84),
        ],
        "rowData": [],
        "defaultColDef": {
            "sortable": True,
            "resizable": True,
        },
        ":getRowId": "params => params.data.key",
        "rowClassRules": {"xt-row-stale": "data.is_stale"},
        "rowHeight": 32,
        "headerHeight": 34,
        "suppressCellFocus": True,
        "animateRows": False,
        "localeText": {"noRowsToShow": viewer.say("console.grid.noRowsToShow")},
    }
