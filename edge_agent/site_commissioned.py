"""What was set at commissioning: settings of devices that came by signed orders, kept beside the outbox.

They stand over the site file, which only a person at the box can write. To go back to the site file, delete the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field

from device_profiles.identifiers import Id
from foundation.disk import replace_file
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, parse_model, read_model

FILE = "commissioned.yaml"
ORDERS_KEPT = 20
TABLES = ("params", "name")
"""Settings that hold several values: `params.ct`, `name.en`."""


Language = Literal["zh-CN", "en"]


class DeviceSettings(FrozenModel):
    """Settings of one device; None and missing entries leave what the site file says."""

    params: dict[str, Decimal] = {}
    sub_item: str | None = None
    building: Id | None = None
    department: str | None = None
    name: dict[Language, str] = {}

    def over(self, params: Mapping[str, Decimal], name: Mapping[Language, str]) -> dict[str, Any]:
        """The fields of a device of the site file that change; `params` and `name` are that file's."""
        single = {"sub_item": self.sub_item, "building": self.building, "department": self.department}
        changed: dict[str, Any] = {key: value for key, value in single.items() if value is not None}
        return {**changed, "params": {**params, **self.params}, "name": {**name, **self.name}}


class Commissioned(FrozenModel):
    """The whole file; `orders` are the ids of the newest orders carried out."""

    schema_: Literal["xietong.commissioned/1"] = Field("xietong.commissioned/1", alias="schema")
    devices: dict[Id, DeviceSettings] = {}
    orders: tuple[str, ...] = ()

    def with_order(self, order_id: str, device: str, settings: Mapping[str, str]) -> Self:
        """With these settings of one device, keys as `params.ct`; ConfigError for a key or value that cannot be."""
        before = self.devices.get(device, DeviceSettings()).model_dump(exclude_none=True)
        made = parse_model(DeviceSettings, _merged(before, settings), f"order {order_id}")
        orders = (*self.orders, order_id)[-ORDERS_KEPT:]
        return self.model_copy(update={"devices": {**self.devices, device: made}, "orders": orders})

    def keys(self) -> dict[str, list[str]]:
        """What is set, by device, for people."""
        return {device: sorted(_flat(settings)) for device, settings in self.devices.items()}


def read_commissioned(data_dir: Path) -> Commissioned:
    """The settings kept in this folder; none when there is no file. ConfigError for a file that makes no sense."""
    path = data_dir / FILE
    return read_model(Commissioned, path) if path.exists() else Commissioned()


def keep_commissioned(data_dir: Path, commissioned: Commissioned) -> None:
    """Write the file in one step; OSError when the disk does not take it."""
    content = commissioned.model_dump(mode="json", by_alias=True, exclude_none=True)
    replace_file(data_dir / FILE, yaml.safe_dump(content, allow_unicode=True, sort_keys=False).encode())


def _merged(before: dict[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    merged: dict[str, Any] = {key: dict(value) if key in TABLES else value for key, value in before.items()}
    for key, text in settings.items():
        table, dot, entry = key.partition(".")
        if dot and table in TABLES:
            merged.setdefault(table, {})[entry] = text
        elif key in TABLES:
            raise ConfigError("order", key, f"say which one: {key}.<name>")
        else:
            merged[key] = text
    return merged


def _flat(settings: DeviceSettings) -> list[str]:
    given = settings.model_dump(exclude_none=True)
    tables = [f"{table}.{entry}" for table in TABLES for entry in given.pop(table)]
    return [*given, *tables]
