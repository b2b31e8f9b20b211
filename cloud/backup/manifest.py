"""The manifest of an archive: when it was made, of what, and what every member must be."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field, ValidationError

from cloud.backup.refusal import BackupRefused
from foundation.settings import FrozenModel

SCHEMA = "xietong.backup/1"
_FAMILY = "xietong.backup/"


class Member(FrozenModel):
    """Size and SHA-256 of a member, hexadecimal, before it was packed."""

    size: int
    sha256: str


class TableContent(FrozenModel):
    """Rows of a table, and a digest of them that does not depend on their order."""

    rows: int
    digest: str


class Manifest(FrozenModel):
    """`revision` is that of the relational schema; `tables` are its tables, each a member `tables/<name>.jsonl`."""

    schema_: Literal["xietong.backup/1"] = Field(alias="schema")
    made_ms: int
    revision: str
    store: Literal["embedded", "influx"]
    institution_files: tuple[str, ...]
    tables: dict[str, TableContent]
    members: dict[str, Member]

    def needed(self) -> set[str]:
        """Members without which it cannot be brought back."""
        return {table_member(name) for name in self.tables} | set(self.institution_files)


def table_member(table: str) -> str:
    """The member that holds the rows of a table."""
    return f"tables/{table}.jsonl"


def manifest_bytes(manifest: Manifest) -> bytes:
    return json.dumps(manifest.model_dump(by_alias=True), ensure_ascii=False, indent=1, sort_keys=True).encode()


def read_manifest(content: bytes, archive: str) -> Manifest:
    """Raises BackupRefused for a manifest that makes no sense or is newer than this program."""
    try:
        answer = json.loads(content)
        schema = str(answer.get("schema", ""))
        if schema.startswith(_FAMILY) and schema != SCHEMA:
            raise BackupRefused("newer", archive=archive, found=schema, known=SCHEMA)
        return Manifest.model_validate(answer)
    except (ValueError, AttributeError, ValidationError) as error:
        raise BackupRefused("damaged", archive=archive, member="manifest.json", reason=_first_line(error)) from error


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
