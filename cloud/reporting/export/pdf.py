"""A report as PDF/A on A4 with its fonts embedded: typeset by typst from a template, the same bytes each time."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
import typst

from cloud.reporting.document import Document
from cloud.reporting.export.rendered import rendered
from foundation.clock import from_ms
from foundation.texts import Language

TEMPLATE = Path(__file__).parent / "report.typ"
_PARTS = ("year", "month", "day", "hour", "minute", "second")


def pdf_bytes(document: Document, language: Language, made_ms: int) -> bytes:
    """The document in one language; `made_ms` is the only time it carries."""
    pdf = _compiler().compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs=_inputs(document, language, made_ms),
        pdf_standards="a-2b",
        timestamp=made_ms // 1000,
    )
    return _bytes(pdf)[0]


def page_images(document: Document, language: Language, made_ms: int, ppi: float = 100) -> list[bytes]:
    """Every page as PNG, for looking at."""
    inputs = _inputs(document, language, made_ms)
    return _bytes(_compiler().compile(TEMPLATE.read_bytes(), format="png", ppi=ppi, sys_inputs=inputs))


def _inputs(document: Document, language: Language, made_ms: int) -> dict[str, str]:
    # The page program writes the document's time as UTC.
    made_at = from_ms(made_ms)
    inputs = {part: str(getattr(made_at, part)) for part in _PARTS}
    return inputs | {"document": json.dumps(rendered(document, language), ensure_ascii=False)}


def _bytes(output: bytes | list[bytes] | None) -> list[bytes]:
    if output is None:
        raise ValueError("nothing was typeset")
    return output if isinstance(output, list) else [output]


@cache
def _compiler() -> typst.Compiler:
    """Reads the fonts once: a fifth of a second that every later report spares."""
    folder = str(Path(pylopdf_fonts_zh_cn.__file__).parent)
    return typst.Compiler(font_paths=[folder], ignore_system_fonts=True)
