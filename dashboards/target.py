"""One InfluxQL query of a panel, as Grafana's built-in InfluxDB data source sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

RAW, QUARTERS, EVENTS = "iot_raw", "iot_15m", "iot_event"
"""Uids of the data sources, one per bucket."""


@dataclass(frozen=True)
class Target(Dataquery, Builder["Target"]):
    """`text` may use `$timeFilter`, `$__interval` and the variables of its board. `alias` names its series."""

    source: str
    text: str
    alias: str = ""
    ref: str = "A"
    result: str = "time_series"

    def build(self) -> Target:
        return self

    def to_json(self) -> dict[str, Any]:
        return {
            "refId": self.ref,
            "datasource": {"type": "influxdb", "uid": self.source},
            "query": self.text,
            "rawQuery": True,
            "alias": self.alias,
            "resultFormat": self.result,
        }


def source_ref(uid: str) -> DataSourceRef:
    return DataSourceRef(type_val="influxdb", uid=uid)
