"""Every device model that can be installed: the shipped files, and a customer's own folder beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from device_profiles.profile import Profile
from device_profiles.profile_file import read_profile
from foundation.errors import ConfigError

FOLDERS = ("meters", "actuators", "sensors", "cameras", "vehicles", "gateways")
_SHIPPED = Path(__file__).parent


class Catalogue:
    """Profiles by id; ids are unique."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self._profiles = {profile.id: profile for profile in sorted(profiles, key=lambda profile: profile.id)}

    def get(self, profile_id: str) -> Profile:
        """The profile of that id; KeyError when there is none."""
        return self._profiles[profile_id]

    def all(self) -> tuple[Profile, ...]:
        """All profiles in the order of their ids."""
        return tuple(self._profiles.values())


def load_catalogue(extra: Path | None = None) -> Catalogue:
    """The shipped profiles and those of `extra` (a folder of YAML files, or of the same folders).

    Any mistake raises ConfigError naming file, key and reason; an id given twice is a mistake.
    """
    found: dict[str, tuple[Profile, Path]] = {}
    for path in profile_files(extra):
        profile = read_profile(path)
        if profile.id in found:
            raise ConfigError(path, "id", f"{profile.id} is already given in {found[profile.id][1]}")
        found[profile.id] = profile, path
    return Catalogue(profile for profile, _ in found.values())


def profile_files(extra: Path | None = None) -> Iterator[Path]:
    """Files of the shipped folders, then of `extra`, sorted within each folder."""
    for folder in FOLDERS:
        yield from sorted((_SHIPPED / folder).glob("*.yaml"))
    if extra is not None:
        yield from files_in(extra)


def files_in(folder: Path) -> Iterator[Path]:
    """Profile files of a folder and of the shipped names of folders inside it; a missing folder raises ConfigError."""
    if not folder.is_dir():
        raise ConfigError(folder, "folder", "no such folder of profiles")
    for part in (folder, *(folder / name for name in FOLDERS)):
        for path in sorted(part.glob("*.yml")):
            # Left out in silence, the device would only be missed on site.
            raise ConfigError(path, "file", "profile files end in .yaml")
        yield from sorted(part.glob("*.yaml"))
