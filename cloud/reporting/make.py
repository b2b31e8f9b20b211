"""From a report and its scene to the sealed package: worked out, written in every format and language, signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.core.period import Period
from cloud.reporting.document import Document
from cloud.reporting.export.html import html_bytes
from cloud.reporting.export.json import json_bytes
from cloud.reporting.export.pdf import pdf_bytes
from cloud.reporting.export.xlsx import xlsx_bytes
from cloud.reporting.report import Content, Format, Report, Scene
from cloud.reporting.seal import Statement, seal
from cloud.reporting.sections.annex import integrity_section
from cloud.reporting.verify import DOCUMENT
from foundation.clock import from_ms
from foundation.texts import LANGUAGES, Language
from gateway.keys import public_key_text

PRODUCT = "xietong"
Progress = Callable[[float, str], None]
"""Told the share done, 0 to 1, and the text key of the step that begins."""


@dataclass(frozen=True, slots=True)
class Seal:
    """With what a package is sealed: the key, and the hash that the institution has chosen."""

    key: Ed25519PrivateKey
    hash_name: str

    @property
    def public_key(self) -> str:
        return public_key_text(self.key.public_key())


def make_package(report: Report, scene: Scene, with_seal: Seal, progress: Progress) -> bytes:
    """The package of one report; equal books and an equal scene give equal bytes."""
    progress(0.0, "report.step.collect")
    content = report.build(scene)
    integrity = integrity_section(content.ledgers, with_seal.public_key, with_seal.hash_name)
    document = replace(content.document, sections=(*content.document.sections, integrity))
    content = replace(content, document=document)
    files: dict[str, bytes] = {}
    wanted = list(_files(report))
    for done, (name, kind, language) in enumerate(wanted):
        progress(0.5 + 0.4 * done / len(wanted), f"report.step.{kind}")
        files[name] = _write(kind, content, document, language, scene.made_ms)
    progress(0.95, "report.step.seal")
    return seal(files, content.ledgers, _statement(report, scene, content), with_seal.key, with_seal.hash_name)


def file_name(report_id: str, kind: Format, language: Language) -> str:
    """Name of a file of a package; the JSON is the same in every language."""
    return DOCUMENT if kind == "json" else f"{report_id}.{language}.{kind}"


def package_name(institution_id: str, report_id: str, period: Period, digest: str) -> str:
    """Name on the shelf; the digest keeps two makings of one report apart."""
    return f"{institution_id}-{report_id}-{period}-{digest[:12]}.zip"


def software() -> str:
    """Name and version of this program."""
    try:
        return f"{PRODUCT} {version(PRODUCT)}"
    except PackageNotFoundError:
        return f"{PRODUCT} (not installed)"


def _files(report: Report) -> Iterator[tuple[str, Format, Language]]:
    for kind in report.formats:
        for language in LANGUAGES[:1] if kind == "json" else LANGUAGES:
            yield file_name(report.report_id, kind, language), kind, language


def _write(kind: Format, content: Content, document: Document, language: Language, made_ms: int) -> bytes:
    if kind == "json":
        return json_bytes(content)
    if kind == "xlsx":
        return xlsx_bytes(document, content.ledgers, language, made_ms)
    return pdf_bytes(document, language, made_ms) if kind == "pdf" else html_bytes(document, language)


def _statement(report: Report, scene: Scene, content: Content) -> Statement:
    return Statement(
        report=report.report_id,
        institution_id=scene.institution_id,
        period=str(scene.period),
        window=(_utc(scene.period.start_ms), _utc(scene.period.end_ms)),
        made_at=_utc(scene.made_ms),
        software=software(),
        versions=content.versions,
        quality=content.quality,
    )


def _utc(ms: int) -> str:
    return from_ms(ms).isoformat().replace("+00:00", "Z")
