"""The archive of a backup: one ZIP with a manifest, which is written last and tells the SHA-256 of every member.

It grows under a hidden name and gets its own when it is whole and on the disk, so that a backup that was broken off
never looks like one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cloud.backup.manifest import Manifest, Member, manifest_bytes, read_manifest
from cloud.backup.refusal import BackupRefused

MANIFEST = "manifest.json"
PART = ".part"
_LEVEL = 1
"""The fastest compression: an archive is limited by the processor, not by the disk."""
_CHUNK = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)


class ArchiveWriter:
    """Takes members one after the other."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self.members: dict[str, Member] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self._packed.open(name, "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.members[name] = Member(size=size, sha256=digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """The last thing: without its manifest an archive is none."""
        self._packed.writestr(MANIFEST, manifest_bytes(manifest))

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self.add(name, _chunks(file))


@contextmanager
def new_archive(path: Path) -> Iterator[ArchiveWriter]:
    """An archive at `path`, mode 0600, which the block finishes: it is there after the block, or not at all."""
    part = path.with_name(f".{path.name}{PART}")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as packed:
                yield ArchiveWriter(packed)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class Archive:
    """An archive that was found whole by its manifest."""

    def __init__(self, packed: zipfile.ZipFile, name: str, manifest: Manifest, digest: str) -> None:
        self._packed, self.name, self.manifest, self.digest = packed, name, manifest, digest

    def names(self, start: str) -> list[str]:
        """Members whose names begin so."""
        return sorted(name for name in self.manifest.members if name.startswith(start))

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        with self._packed.open(name) as member:
            yield member

    def read(self, name: str) -> bytes:
        return self._packed.read(name)

    def unpack(self, name: str, path: Path) -> None:
        """Write a member to `path`, on the disk on return."""
        with self.open(name) as member, path.open("wb") as file:
            for chunk in _chunks(member):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())

    def verify(self) -> None:
        """Read every member; BackupRefused names the first that is not what the manifest says."""
        told = {*self.manifest.members, MANIFEST}
        for name in sorted({*self.manifest.needed(), *self._packed.namelist()} - told):
            raise BackupRefused("damaged", archive=self.name, member=name, reason="not in the manifest")
        for name, member in sorted(self.manifest.members.items()):
            reason = self._fault(name, member)
            if reason:
                raise BackupRefused("damaged", archive=self.name, member=name, reason=reason)

    def _fault(self, name: str, wanted: Member) -> str:
        digest, size = hashlib.sha256(), 0
        try:
            with self._packed.open(name) as member:
                for chunk in _chunks(member):
                    digest.update(chunk)
                    size += len(chunk)
        except KeyError:
            return "missing"
        except _DAMAGE as error:
            return str(error)
        if size != wanted.size:
            return f"{size} bytes instead of {wanted.size}"
        return "" if digest.hexdigest() == wanted.sha256 else "SHA-256 differs"


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The archive of a file, verified whole before anything of it is used; BackupRefused for anything else."""
    with contextlib.ExitStack() as stack:
        try:
            packed = stack.enter_context(zipfile.ZipFile(path))
            content = packed.read(MANIFEST)
        except (KeyError, *_DAMAGE) as error:
            raise BackupRefused("no_archive", archive=str(path), reason=str(error)) from error
        manifest = read_manifest(content, str(path))
        archive = Archive(packed, str(path), manifest, hashlib.sha256(content).hexdigest())
        archive.verify()
        yield archive


def sync_folder(folder: Path) -> None:
    """Have what was renamed or removed in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
