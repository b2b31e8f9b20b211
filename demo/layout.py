"""Where the demo keeps everything: one folder, removed and made anew unless the user names his own."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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
    def accounts(self) -> Path:
        return self.folder / "accounts.yaml"

    @property
    def password(self) -> Path:
        """The one password of all accounts of this demo."""
        return self.folder / "password"

    @property
    def tokens(self) -> Path:
        """What the pretend people sign in with."""
        return self.folder / "people" / "tokens.json"

    @property
    def people_truth(self) -> Path:
        return self.folder / "people" / "truth.jsonl"

    @property
    def books(self) -> Path:
        """The office's year, one file per kind of record."""
        return self.folder / "books"

    @property
    def books_imported(self) -> Path:
        return self.folder / "books.imported"

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


@contextmanager
def claim(folder: Path | None) -> Iterator[Layout]:
    """The user's folder, which is continued, or the emptied default folder, for this process alone.

    Raises ConfigError for a folder that another demo is using, and for a default folder that no demo made: such a
    one is never emptied.
    """
    place = (folder or DEFAULT_FOLDER).resolve()
    mark = place / _MARK
    if folder is None and not mark.exists() and place.exists() and any(place.iterdir()):
        raise ConfigError(place, "folder", "was not made by the demo; remove it or give --data DIR")
    place.mkdir(parents=True, exist_ok=True)
    with mark.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(place, "folder", "another demo is using it; give --data DIR") from None
        if folder is None:
            for path in set(place.iterdir()) - {mark}:
                _remove(path)
        yield prepare(place)


def prepare(folder: Path) -> Layout:
    """The layout in a folder, without the signals of an earlier run."""
    layout = Layout(folder.resolve())
    layout.folder.mkdir(parents=True, exist_ok=True)
    for signal in (layout.simulators_ready, layout.scenario_start):
        signal.unlink(missing_ok=True)
    return layout


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
