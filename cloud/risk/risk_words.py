"""A risk in one sentence: what was seen, how likely and how bad that is, and who answers for it."""

from __future__ import annotations

from cloud.risk.risk import Risk
from cloud.risk.rule_words import finding_of
from foundation.texts import Language, load_texts


def explanation_of(risk: Risk, language: Language, *, subject: str, department: str) -> str:
    """`subject` and `department` are the names that people know them by."""
    texts = load_texts()
    return texts(
        "risk.explanation",
        language,
        finding=finding_of(risk.rule_id, subject, risk.data, language),
        likelihood=risk.likelihood,
        how_often=texts(f"risk.likelihood.{risk.likelihood}", language),
        consequence=risk.consequence,
        how_bad=texts(f"risk.consequence.{risk.consequence}", language),
        score=risk.score,
        colour=texts(f"risk.colour.{risk.colour.name.lower()}", language),
        department=department,
    )
