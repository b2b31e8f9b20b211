"""Enters the institution files of the settings when they have changed; otherwise what people entered since stays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cloud.core.institution import InstitutionModel
from cloud.core.institution_file import read_institution
from cloud.core.institution_workbook import read_institution_workbook
from cloud.core.ports import InstitutionBook, SettingBook
from foundation.errors import ConfigError

DIGEST = "institution_file_digest"
"""Setting of an institution: SHA-256 of the file from which it was entered last."""

_WORKBOOK = ".xlsx"


@dataclass(frozen=True, slots=True)
class InstitutionSource:
    """A file with the model it holds."""

    path: Path
    digest: str
    model: InstitutionModel


def read_sources(paths: Iterable[Path]) -> list[InstitutionSource]:
    """Every file, YAML or XLSX, read and checked; the first mistake raises ConfigError."""
    return [InstitutionSource(path, _digest(path), _model(path)) for path in paths]


def enter_changed(institutions: InstitutionBook, settings: SettingBook, sources: Sequence[InstitutionSource]) -> None:
    """Save the models of files that were never entered or are not as they were entered last."""
    for source in sources:
        institution_id = source.model.institution.institution_id
        if settings.read(institution_id, DIGEST) == source.digest and institutions.model(institution_id) is not None:
            continue
        institutions.save(source.model)
        settings.write(institution_id, DIGEST, source.digest)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(path, "file", str(error)) from error


def _model(path: Path) -> InstitutionModel:
    if path.suffix.lower() != _WORKBOOK:
        return read_institution(path)
    read = read_institution_workbook(path.name, path.read_bytes())
    if read.model is None:
        raise ConfigError(path, read.mistakes[0].sheet or "file", read.mistakes[0].sentence("en"))
    return read.model
