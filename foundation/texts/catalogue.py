"""Loads the text files of this folder: `key: {zh-CN: ..., en: ...}`, placeholders in braces."""

from __future__ import annotations

import string
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from foundation.errors import ConfigError
from foundation.settings import read_yaml

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Texts:
    """The loaded catalogue; `texts(key, language, **values)` gives the sentence."""

    def __init__(self, entries: dict[str, dict[Language, str]]) -> None:
        self._entries = entries

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __call__(self, key: str, language: Language, **values: object) -> str:
        """The text of `key`; an unknown key reads as the key itself, so that a gap is seen and breaks nothing."""
        entry = self._entries.get(key)
        return entry[language].format_map(_Gaps(values)) if entry else key

    def keys(self) -> list[str]:
        return sorted(self._entries)


class _Gap:
    """A value that was not given: a question mark, however the text wants it shown and whichever part of it."""

    def __format__(self, spec: str) -> str:
        return "?"

    def __getitem__(self, part: object) -> _Gap:
        return self


class _Gaps(dict[str, object]):
    def __missing__(self, key: str) -> object:
        return _Gap()


@cache
def load_texts() -> Texts:
    """All text files merged; a key given twice, a missing language or differing placeholders raise ConfigError."""
    entries: dict[str, dict[Language, str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        for key, entry in (read_yaml(path) or {}).items():
            if key in entries:
                raise ConfigError(path, key, "already given in another file")
            _check(path, key, entry)
            entries[key] = entry
    return Texts(entries)


def _check(path: Path, key: str, entry: object) -> None:
    if not isinstance(entry, dict) or set(entry) != set(LANGUAGES):
        raise ConfigError(path, key, f"needs exactly the languages {', '.join(LANGUAGES)}")
    fields = [{name for _, name, _, _ in string.Formatter().parse(str(entry[lang])) if name} for lang in LANGUAGES]
    if fields[0] != fields[1]:
        raise ConfigError(path, key, "the languages use different placeholders")
