"""Checks a package without network, database or the program that made it, and names file and row of every fault.

Each byte is covered: rows by their chain, files by the manifest, the manifest by the signature, and what is left of
the container by writing it anew from its members.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cloud.reporting.container import first_difference, unpack
from cloud.reporting.hashing import CHAIN_START, chain, digest_hex, merkle_root
from cloud.reporting.ledger import CHAIN_SUFFIX, ReadLedger, first_broken_row, leaves, read_ledger
from cloud.reporting.manifest import Entry, LedgerEntry, Manifest, check_signature, read_manifest
from cloud.reporting.recompute import recompute
from cloud.reporting.seal import BLOCK, MANIFEST, SIGNATURE, blocks_of
from cloud.reporting.verdict import CONTAINER, Fault, Verdict
from foundation.errors import ConfigError
from foundation.texts import LANGUAGES
from gateway.keys import PREFIX, public_key_text, read_trusted_keys

DOCUMENT = "report.json"


def verify_file(path: Path, key: str | None, language: str) -> tuple[bool, list[str]]:
    """Whether a package is intact, and the lines that say so; `key` is a public key or a file that holds one.

    Raises ConfigError for a path, key or language that is none.
    """
    spoken = next((one for one in LANGUAGES if one == language), None)
    if spoken is None:
        raise ConfigError("command line", "language", f"{language!r} is none of {', '.join(LANGUAGES)}")
    try:
        verdict = verify_path(path, _public_key(key))
    except OSError as error:
        raise ConfigError(path, "package", str(error)) from error
    return verdict.is_intact, verdict.lines(spoken, is_pinned=key is not None)


def verify_path(path: Path, public_key: str | None = None) -> Verdict:
    """A package file, or the folder that it was unpacked into; a path that cannot be read raises OSError."""
    if path.is_dir():
        members = {one.relative_to(path).as_posix(): one.read_bytes() for one in path.rglob("*") if one.is_file()}
        return verify_members(members, public_key)
    return verify_package(path.read_bytes(), public_key)


def verify_package(content: bytes, public_key: str | None = None) -> Verdict:
    """The bytes of a package file; `public_key` (`ed25519:...`) is the only signer accepted when given."""
    members = unpack(content)
    if members is None:
        return Verdict((Fault(CONTAINER, "unreadable"),))
    verdict = verify_members(members, public_key)
    difference = first_difference(content, members, {fault.file for fault in verdict.faults})
    if difference is None:
        return verdict
    facts = {"offset": difference.offset, "member": difference.member or "-"}
    return Verdict((Fault(CONTAINER, "changed_container", facts=facts), *verdict.faults), verdict.public_key)


def verify_members(members: Mapping[str, bytes], public_key: str | None = None) -> Verdict:
    """The files of a package by name."""
    manifest = read_manifest(members.get(MANIFEST))
    if manifest is None:
        return Verdict((Fault(MANIFEST, "no_manifest" if MANIFEST not in members else "not_a_manifest"),))
    signer, signature_fault = check_signature(members[MANIFEST], members.get(SIGNATURE), manifest.hash, public_key)
    faults = [Fault(*signature_fault)] if signature_fault is not None else []
    faults += _file_faults(manifest, members)
    if faults:
        return Verdict(tuple(faults), signer)
    cells = {one.name: read_ledger(members[one.name], one.columns).cells for one in manifest.ledgers}
    rows = {name: [row for row in found if row is not None] for name, found in cells.items()}
    totals = recompute(members.get(DOCUMENT), rows)
    faults += [Fault(DOCUMENT, "wrong_total", facts={"figure": figure}) for figure in totals.wrong]
    return Verdict(tuple(faults), signer, manifest.statement, sum(map(len, rows.values())), totals.checked)


def _public_key(key: str | None) -> str | None:
    if key is None:
        return None
    text = key if key.startswith(PREFIX) else Path(key).read_text(encoding="utf-8").strip()
    (trusted,) = read_trusted_keys([text], "command line", "key")
    return public_key_text(trusted.public_key)


def _file_faults(manifest: Manifest, members: Mapping[str, bytes]) -> list[Fault]:
    listed = {entry.name for entry in manifest.files} | {MANIFEST, SIGNATURE}
    faults = [Fault(name, "not_listed") for name in sorted(set(members) - listed)]
    ledgers = {one.name: one for one in manifest.ledgers}
    for entry in manifest.files:
        content = members.get(entry.name)
        if content is None:
            faults.append(Fault(entry.name, "absent"))
        elif entry.name in ledgers:
            faults += _ledger_faults(entry, ledgers[entry.name], content, members, manifest.hash)
        elif digest_hex(content, manifest.hash) != entry.digest:
            owner = ledgers.get(entry.name.removesuffix(CHAIN_SUFFIX))
            faults.append(
                _chain_fault(entry, owner, content, members, manifest.hash)
                or _blocks_fault(entry, content, manifest.hash)
            )
    root = _merkle_of(manifest, members) if not faults else manifest.merkle_root
    return faults if root == manifest.merkle_root else [Fault(MANIFEST, "wrong_root")]


def _ledger_faults(
    entry: Entry, ledger: LedgerEntry, content: bytes, members: Mapping[str, bytes], hash_name: str
) -> Iterator[Fault]:
    """The first changed row; where the sidecar was changed too, the rows cannot be told apart."""
    read = read_ledger(content, ledger.columns)
    if digest_hex(content, hash_name) == entry.digest:
        if not _is_whole(read, ledger, hash_name):
            yield Fault(MANIFEST, "wrong_ledger", facts={"ledger": entry.name})
        return
    if not read.has_header:
        yield Fault(entry.name, "changed_header")
        return
    row = first_broken_row(read, _links(members.get(ledger.chain_name, b"")), hash_name)
    yield Fault(entry.name, "changed_row", row) if row is not None else Fault(entry.name, "changed_with_chain")


def _is_whole(read: ReadLedger, ledger: LedgerEntry, hash_name: str) -> bool:
    rows = [row for row in read.cells if row is not None]
    if not read.has_header or not read.ends_clean or len(rows) != ledger.rows or len(rows) != len(read.cells):
        return False
    return (_links_of(rows, hash_name) or [CHAIN_START])[-1] == ledger.chain_head and (
        merkle_root(leaves(iter(rows)), hash_name) == ledger.merkle_root
    )


def _chain_fault(
    entry: Entry, owner: LedgerEntry | None, content: bytes, members: Mapping[str, bytes], hash_name: str
) -> Fault | None:
    """The line of a sidecar that does not follow from the ledger's rows."""
    if owner is None or owner.name not in members:
        return None
    read = read_ledger(members[owner.name], owner.columns)
    wanted = [f"{link}\n".encode() for link in _links_of([row for row in read.cells if row is not None], hash_name)]
    found = content.splitlines(keepends=True)
    pairs = zip(wanted, found, strict=False)
    first = next(
        (number for number, (one, other) in enumerate(pairs, 1) if one != other), min(len(wanted), len(found)) + 1
    )
    return Fault(entry.name, "changed_link", first)


def _blocks_fault(entry: Entry, content: bytes, hash_name: str) -> Fault:
    """A changed file with the first block of it that is another; a file of one block is changed as a whole."""
    if len(content) != entry.size:
        return Fault(entry.name, "changed_size", facts={"size": len(content), "wanted": entry.size})
    found = blocks_of(content, hash_name)
    first = next((place for place, pair in enumerate(zip(found, entry.blocks, strict=False)) if pair[0] != pair[1]), 0)
    end = min((first + 1) * BLOCK, len(content))
    return Fault(entry.name, "changed_bytes", facts={"first": first * BLOCK, "last": end - 1})


def _merkle_of(manifest: Manifest, members: Mapping[str, bytes]) -> str:
    rows = [
        row
        for ledger in sorted(manifest.ledgers, key=lambda one: one.name)
        for row in read_ledger(members[ledger.name], ledger.columns).cells
        if row is not None
    ]
    return merkle_root(leaves(iter(rows)), manifest.hash)


def _links(sidecar: bytes) -> list[str]:
    return sidecar.decode("ascii", "replace").split("\n")[:-1]


def _links_of(rows: Sequence[Mapping[str, str]], hash_name: str) -> list[str]:
    return list(chain(rows, hash_name))
