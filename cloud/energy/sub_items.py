"""Energy classes and sub-items of the sub-metering guideline: what a meter's code says it measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cloud.energy.carrier import Carrier
from cloud.energy.data_table import read_table
from foundation.errors import ConfigError
from foundation.texts import Language

TABLE = Path(__file__).parent / "codes" / "sub_items.csv"


@dataclass(frozen=True, slots=True)
class SubItem:
    """`level` 0 is a class (`01` electricity), 1 and 2 are sub-items of it; `carrier` None is not accounted for."""

    code: str
    level: int
    parent: str | None
    carrier: Carrier | None
    name: Mapping[Language, str]

    @property
    def is_main(self) -> bool:
        """Whether a meter of this code counts all of its class at its place."""
        return self.level == 0


def sub_item(code: str | None) -> SubItem | None:
    """The sub-item of a meter's code; a longer code belongs to the longest known one it begins with."""
    known = load_sub_items()
    for length in range(len(code or ""), 1, -1):
        if (code or "")[:length] in known:
            return known[(code or "")[:length]]
    return None


@cache
def load_sub_items(path: Path = TABLE) -> Mapping[str, SubItem]:
    """Every code; an unknown parent or carrier raises ConfigError."""
    rows = read_table(path, ("code", "level", "parent", "carrier", "name_zh", "name_en"), key=("code",))
    items: dict[str, SubItem] = {}
    for row in rows:
        if row["parent"] and row["parent"] not in items:
            raise ConfigError(path, row["code"], f"its parent {row['parent']} stands nowhere above it")
        try:
            carrier = Carrier(row["carrier"]) if row["carrier"] else None
        except ValueError:
            raise ConfigError(path, row["code"], f"unknown carrier {row['carrier']!r}") from None
        names: dict[Language, str] = {"zh-CN": row["name_zh"], "en": row["name_en"]}
        items[row["code"]] = SubItem(row["code"], int(row["level"]), row["parent"] or None, carrier, names)
    return items
