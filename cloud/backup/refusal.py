"""BackupRefused: a backup or a restore that must not go on, in words for people."""

from __future__ import annotations

from foundation.errors import DomainError
from foundation.texts import Language, load_texts


class BackupRefused(DomainError):
    """`code` is the end of a text `backup.refused.*`; nothing was changed unless the text says so."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(f"backup.refused.{code}", 409, **facts)

    def sentence(self, language: Language) -> str:
        return load_texts()(self.code, language, **self.facts)
