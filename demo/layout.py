"""Where the demo keeps everything: one folder, removed and made anew unless the user names his own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import ConfigError

DEFAULT_FOLDER = Path(".demo")
_MARK = "demo-of-xietong"


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one demo, all below `folder`."""

    folder: Path

    @property
    def site(self) -> Path:
        return self.folder / "site.yaml"

    @property
    def institution(self) -> Path:
        return self.folder / "institution.yaml"

    @property
    def cloud(self) -> Path:
        return self.folder / "cloud.yaml"

    @property
    def command_key(self) -> Path:
        return self.folder / "cloud" / "command-key.pem"

    @property
    def public_key(self) -> Path:
        return self.folder / "command-key.pub"

    @property
    def token(self) -> Path:
        return self.folder / "token"

    @property
    def outbox(self) -> Path:
        return self.folder / "edge" / "outbox.db"

    @property
    def history(self) -> Path:
        return self.folder / "history.csv"

    @property
    def history_imported(self) -> Path:
        """There once the whole history is in the store."""
        return self.folder / "history.imported"

    @property
    def simulators_ready(self) -> Path:
        return self.folder / "simulators.ready"

    @property
    def simulators_state(self) -> Path:
        return self.folder / "simulators" / "state.json"

    @property
    def ground_truth(self) -> Path:
        """What the scenario did and when, for whoever compares it with what was noticed."""
        return self.folder / "simulators" / "truth.jsonl"

    @property
    def scenario_start(self) -> Path:
        """The scenario begins when this file appears."""
        return self.folder / "scenario.start"

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def data_of(self, process: str) -> Path:
        """The folder of one process's own data."""
        return self.folder / process


def prepare(folder: Path | None) -> Layout:
    """The layout in the user's folder, which is continued, or in a fresh default folder.

    A default folder that no demo made is never removed; it raises ConfigError.
    """
    layout = Layout((folder or DEFAULT_FOLDER).resolve())
    mark = layout.folder / _MARK
    if folder is None and layout.folder.exists():
        if not mark.exists() and any(layout.folder.iterdir()):
            raise ConfigError(layout.folder, "folder", "was not made by the demo; remove it or give --data DIR")
        shutil.rmtree(layout.folder)
    layout.folder.mkdir(parents=True, exist_ok=True)
    mark.touch()
    for stale in (layout.simulators_ready, layout.scenario_start):
        stale.unlink(missing_ok=True)
    return layout
