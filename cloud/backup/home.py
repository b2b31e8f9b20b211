"""What lies beside the databases: keys, institution files, the shelf of reports, and the settings for whoever looks."""

from __future__ import annotations

from pathlib import Path

from cloud.adapters.package_shelf import FolderShelf
from cloud.backup.archive import Archive, ArchiveWriter
from cloud.backup.refusal import BackupRefused
from cloud.settings import CloudSettings
from foundation.disk import replace_file
from foundation.errors import ConfigError

_KEYS, _INSTITUTIONS, _REPORTS, SETTINGS = "keys/", "institutions/", "reports/", "settings.yaml"


def add_home(archive: ArchiveWriter, settings: CloudSettings, settings_file: Path, reports: Path) -> tuple[str, ...]:
    """Add every file; the members of the institution files in their order."""
    archive.add_file(SETTINGS, settings_file)
    for name, path in _keys(settings).items():
        if path.exists():
            archive.add_file(f"{_KEYS}{name}", path)
    members = []
    for place, path in enumerate(settings.institution_files):
        if not path.is_file():
            raise ConfigError(settings_file, f"institution_files.{place}", f"{path} is not there")
        members.append(f"{_INSTITUTIONS}{place}-{path.name}")
        archive.add_file(members[-1], path)
    for path in sorted(reports.glob("*")) if reports.is_dir() else ():
        # The shelf writes a file under a hidden name until it is whole.
        if path.is_file() and not path.name.startswith("."):
            archive.add_file(f"{_REPORTS}{path.name}", path)
    return tuple(members)


def check_home(archive: Archive, settings: CloudSettings, reports: Path) -> None:
    """BackupRefused when anything lies where the files of the archive belong and is not the same."""
    wanted, found = len(archive.manifest.institution_files), len(settings.institution_files)
    if wanted != found:
        raise BackupRefused("institution_files", wanted=wanted, found=found)
    for member, path in _places(archive, settings).items():
        if path.exists() and path.read_bytes() != archive.read(member):
            raise BackupRefused("not_empty", what=str(path))
    if reports.is_dir() and any(reports.iterdir()):
        raise BackupRefused("not_empty", what=str(reports))


def place_home(archive: Archive, settings: CloudSettings, reports: Path) -> None:
    """Write every file where these settings want it; keys with mode 0600."""
    for member, path in _places(archive, settings).items():
        replace_file(path, archive.read(member), private=member.startswith(_KEYS))
    shelf = FolderShelf(reports)
    for member in archive.names(_REPORTS):
        shelf.put(member.removeprefix(_REPORTS), archive.read(member))


def _places(archive: Archive, settings: CloudSettings) -> dict[str, Path]:
    """Member -> where it belongs."""
    keys = {f"{_KEYS}{name}": path for name, path in _keys(settings).items()}
    institutions = zip(archive.manifest.institution_files, settings.institution_files, strict=True)
    return {member: path for member, path in keys.items() if member in archive.manifest.members} | dict(institutions)


def _keys(settings: CloudSettings) -> dict[str, Path]:
    return {
        "command-key.pem": settings.signing_key_file,
        "sealing-key.pem": settings.sealing_key_file,
        "storage-secret": settings.storage_secret_file,
    }
