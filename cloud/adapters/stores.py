"""Opens the time-series store that the settings name, and with InfluxDB the feed of Grafana's boards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.core.ports import BoardFeed, Registry, TimeSeriesStore
from cloud.core.store_upkeep import Upkeep
from cloud.settings import CloudSettings, StoreSettings, read_secret
from foundation.disk import SystemDisk

if TYPE_CHECKING:
    from cloud.adapters.influx.server import InfluxServer

STORE_FILE = "series.db"
_TAGS = {"building": "building", "sub_item": "sub_item", "department": "dept"}
"""Property of a birth -> tag of its lines."""


@dataclass(frozen=True, slots=True)
class Stores:
    """`boards` is None with the embedded store: nothing of Grafana reads it."""

    series: TimeSeriesStore
    upkeep: Upkeep | None = None
    boards: BoardFeed | None = None


def open_stores(settings: CloudSettings, engine: sa.Engine, registry: Registry) -> Stores:
    """The store of these settings, made when it is missing; raises LinkError when its server does not answer."""
    if settings.store.kind == "embedded":
        store = EmbeddedStore(settings.data_dir / STORE_FILE, SystemDisk())
        return Stores(store, Upkeep(store, settings.store.raw_days, settings.store.quarter_days))
    return _open_influx(settings.store, engine, registry)


def _open_influx(store: StoreSettings, engine: sa.Engine, registry: Registry) -> Stores:
    # A site on one machine need not load the client of a server that it does not have.
    from cloud.adapters.influx.board_feed import InfluxBoardFeed
    from cloud.adapters.influx.store import InfluxStore

    raw, quarters, events = (influx_server(store, part) for part in ("raw", "15m", "event"))
    series = InfluxStore(raw, engine, TagsOfBirths(registry))
    upkeep = Upkeep(series, store.raw_days, store.quarter_days)
    return Stores(series, upkeep, InfluxBoardFeed(quarters, events))


def influx_server(store: StoreSettings, part: str) -> InfluxServer:
    """One bucket of the InfluxDB of these settings, made when it is missing; LinkError when it does not answer."""
    from cloud.adapters.influx.server import InfluxAddress, open_server

    if store.kind == "embedded":
        raise ValueError("the embedded store has no server")
    token = read_secret(store.token_file, "store.token_file") if store.token_file else ""
    opened = open_server(InfluxAddress(store.kind, store.url, f"{store.bucket}_{part}", store.org, token))
    opened.prepare()
    return opened


class TagsOfBirths:
    """Building and department of a device as its last birth said; asked once for every device."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._tags: dict[tuple[str, str], Mapping[str, str]] = {}

    def __call__(self, group: str, device: str) -> Mapping[str, str]:
        if (group, device) not in self._tags:
            self._tags[group, device] = self._ask(group, device)
        return self._tags[group, device]

    def _ask(self, group: str, device: str) -> Mapping[str, str]:
        properties = self._registry.properties_of(group, device)
        return {tag: properties[name] for name, tag in _TAGS.items() if properties.get(name)}
