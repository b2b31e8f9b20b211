"""How far a copy has come, in a file beside the target: while it lies there, nothing else may use that store."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from cloud.adapters.stores import STORE_FILE
from cloud.backup.archive import sync_folder
from cloud.core.series import SeriesKey
from cloud.core.store_transfer import TransferRefused
from cloud.settings import CloudSettings
from foundation.disk import replace_file
from foundation.errors import ConfigError

JOURNAL = "store-copy.unfinished"


@dataclass(slots=True)
class Journal:
    """`done` are the series that are copied, each with the checksum of what was copied of it."""

    path: Path
    source: str
    target: str
    done: dict[SeriesKey, str] = field(default_factory=dict)

    @property
    def is_begun(self) -> bool:
        return self.path.exists()

    def begin(self) -> None:
        """Take up the copy that was begun here, or begin one; TransferRefused when that was another one."""
        if not self.is_begun:
            replace_file(self.path, _line({"source": self.source, "target": self.target}).encode(), private=True)
            sync_folder(self.path.parent)
            return
        head, *rest = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        if json.loads(head) != {"source": self.source, "target": self.target}:
            raise TransferRefused("other_copy", journal=str(self.path))
        # A line that a kill cut off says nothing, and must not run into the next one.
        whole = [line for line in rest if line.endswith("\n")]
        if whole != rest:
            replace_file(self.path, "".join([head, *whole]).encode(), private=True)
        for told in map(json.loads, whole):
            self.done[SeriesKey(*told["series"])] = told["sha256"]

    def note(self, key: SeriesKey, sha256: str) -> None:
        """A series is copied; with another checksum than its own it is copied again by the next run."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(_line({"series": [key.group, key.device, key.point], "sha256": sha256}))
            file.flush()
            os.fsync(file.fileno())
        self.done[key] = sha256

    def end(self) -> None:
        self.path.unlink()
        sync_folder(self.path.parent)


def place_of(settings: CloudSettings) -> str:
    """Where a store is, in words that name no secret."""
    store = settings.store
    if store.kind == "embedded":
        return f"embedded {settings.data_dir / STORE_FILE}"
    database = sa.make_url(settings.database_url).render_as_string()
    return f"{store.kind} {store.url} {store.bucket} {database}"


def refuse_half_copied(settings: CloudSettings) -> None:
    """Raises ConfigError while the store of these settings is the target of a copy that is not finished."""
    path = settings.data_dir / JOURNAL
    if path.exists():
        with path.open(encoding="utf-8") as file:
            target = json.loads(file.readline())["target"]
        if target == place_of(settings):
            raise ConfigError(path, "store copy", "a copy into this store is not finished; run it again")


def _line(told: dict[str, object]) -> str:
    return json.dumps(told, ensure_ascii=False) + "\n"
