"""What `xietong profile` prints: every problem of profile files, and the table of profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from device_profiles.catalogue import Catalogue, files_in, profile_files
from device_profiles.profile import Profile
from device_profiles.profile_file import examine
from foundation.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One line of the list; `confidence` is the lowest of the profile's sources."""

    id: str
    vendor: str
    models: str
    points: int
    writable: int
    confidence: str


def check(paths: Sequence[Path] = ()) -> list[str]:
    """One line `file: key: reason` for every problem of these files and folders; without paths, of the shipped ones.

    An id that a shipped profile or an earlier file of the list already has is a problem too.
    """
    shipped = {path.resolve(): profile.id for path in profile_files() for profile in _well_formed(path)}
    lines: list[str] = []
    seen: dict[str, Path] = {}
    for path in _files(paths, lines):
        profile, mistakes = examine(path)
        lines += [_line(mistake) for mistake in mistakes]
        if profile is None:
            continue
        other = next((file for file, taken in shipped.items() if taken == profile.id and file != path.resolve()), None)
        other = seen.setdefault(profile.id, path) if other is None else other
        if other.resolve() != path.resolve():
            lines.append(_line(ConfigError(path, "id", f"{profile.id} is already given in {other}")))
    return lines


def rows(catalogue: Catalogue) -> list[ProfileRow]:
    """The list of profiles in the order of their ids."""
    return [
        ProfileRow(
            id=profile.id,
            vendor=profile.vendor,
            models=", ".join(profile.models),
            points=len(profile.all_points),
            writable=len(profile.writable),
            confidence=max(source.confidence for source in profile.provenance),
        )
        for profile in catalogue.all()
    ]


def _files(paths: Iterable[Path], lines: list[str]) -> Iterator[Path]:
    """The files named, folders opened; a folder that cannot be read becomes a line."""
    if not paths:
        yield from profile_files()
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        try:
            yield from files_in(path)
        except ConfigError as error:
            lines.append(_line(error))


def _well_formed(path: Path) -> list[Profile]:
    profile, _ = examine(path)
    return [] if profile is None else [profile]


def _line(mistake: ConfigError) -> str:
    return " ".join(str(mistake).split())
