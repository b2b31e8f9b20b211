"""Seals a report: every file in a manifest, the rows of its ledgers in chain and Merkle root, a signature over all.

Layout of a package: the report's files, `<ledger>.chain` beside each ledger, `manifest.json`, `manifest.sig`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.core.canonical import canonical_json
from cloud.reporting.container import pack
from cloud.reporting.hashing import CHAIN_START, SHA256, chain, digest_hex, merkle_root
from cloud.reporting.ledger import Ledger, chain_bytes, csv_bytes, leaves
from gateway.keys import public_key_text

FORMAT = "xietong.package/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
ALGORITHM = "ed25519"
BLOCK = 4096
"""Files are hashed in blocks as well, so that a changed byte is found to within so many."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the manifest says of the report besides its files: which, of whom, over what, worked out with what.

    `window` is the queried time as two UTC texts, `quality` figures such as coverage, `versions` the editions of
    factors, quotas and tariffs by kind.
    """

    report: str
    institution_id: str
    period: str
    window: tuple[str, str]
    made_at: str
    software: str
    versions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    quality: Mapping[str, Any] = field(default_factory=dict)


def seal(
    files: Mapping[str, bytes],
    ledgers: Sequence[Ledger],
    statement: Statement,
    key: Ed25519PrivateKey,
    hash_name: str = SHA256,
) -> bytes:
    """The package as one file; equal input gives equal bytes. A name given twice raises ValueError."""
    members = dict(files)
    for ledger in ledgers:
        for name, content in ((ledger.name, csv_bytes(ledger)), (ledger.chain_name, chain_bytes(ledger, hash_name))):
            if name in members:
                raise ValueError(f"{name} is in the package twice")
            members[name] = content
    manifest = canonical_json(_manifest(members, ledgers, statement, hash_name))
    members[MANIFEST] = manifest
    members[SIGNATURE] = signature_bytes(
        public_key_text(key.public_key()), key.sign(manifest), digest_hex(manifest, hash_name)
    )
    return pack(members)


def signature_bytes(public_key: str, signature: bytes, manifest_digest: str) -> bytes:
    """The signature file; the digest tells whether it or the manifest was changed when the two do not fit."""
    content = {"algorithm": ALGORITHM, "manifest": manifest_digest, "public_key": public_key, "value": signature.hex()}
    return canonical_json(content)


def blocks_of(content: bytes, hash_name: str) -> list[str]:
    """The hash of every block of a file; of a file of one block none, as its own hash says the same."""
    if len(content) <= BLOCK:
        return []
    return [digest_hex(content[start : start + BLOCK], hash_name) for start in range(0, len(content), BLOCK)]


def _manifest(
    members: Mapping[str, bytes], ledgers: Sequence[Ledger], statement: Statement, hash_name: str
) -> dict[str, Any]:
    start, end = statement.window
    return {
        "format": FORMAT,
        "hash": hash_name,
        "report": statement.report,
        "institution": statement.institution_id,
        "period": statement.period,
        "window": {"start": start, "end": end},
        "made_at": statement.made_at,
        "software": statement.software,
        "versions": {kind: sorted(set(names)) for kind, names in statement.versions.items()},
        "quality": statement.quality,
        "files": [_file(name, content, hash_name) for name, content in sorted(members.items())],
        "ledgers": [_ledger(ledger, hash_name) for ledger in sorted(ledgers, key=lambda one: one.name)],
        "merkle_root": merkle_root(
            [leaf for ledger in sorted(ledgers, key=lambda one: one.name) for leaf in leaves(ledger.cells())], hash_name
        ),
    }


def _file(name: str, content: bytes, hash_name: str) -> dict[str, Any]:
    digest = digest_hex(content, hash_name)
    return {"name": name, "size": len(content), "digest": digest, "blocks": blocks_of(content, hash_name)}


def _ledger(ledger: Ledger, hash_name: str) -> dict[str, Any]:
    head = CHAIN_START
    for link in chain(ledger.cells(), hash_name):
        head = link
    return {
        "name": ledger.name,
        "columns": ledger.columns,
        "rows": len(ledger.rows),
        "chain_head": head,
        "merkle_root": merkle_root(leaves(ledger.cells()), hash_name),
    }
