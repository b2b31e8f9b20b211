"""Which of our languages a client wants to read."""

from __future__ import annotations

from foundation.texts import LANGUAGES, Language


def preferred_language(accept_language: str, default: Language) -> Language:
    """The language of an Accept-Language header (RFC 9110, 12.5.4) that weighs most and that we have."""
    by_prefix: dict[str, Language] = {language.partition("-")[0]: language for language in LANGUAGES}
    best, best_weight = default, 0.0
    for part in accept_language.split(","):
        tag, _, parameter = part.strip().partition(";")
        language = by_prefix.get(tag.strip().lower().partition("-")[0])
        weight = _weight(parameter)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
