"""A sealed package is accepted as it is, and refused with file and row after any change."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from cloud.core.canonical import canonical_json
from cloud.reporting.container import pack, unpack
from cloud.reporting.ledger import Ledger, csv_bytes
from cloud.reporting.seal import BLOCK, MANIFEST, SIGNATURE, Statement, seal
from cloud.reporting.verdict import CONTAINER, Fault
from cloud.reporting.verify import verify_members, verify_package, verify_path
from foundation.errors import ConfigError
from foundation.texts import LANGUAGES, Language
from gateway.keys import public_key_text
from xietong import app

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = public_key_text(KEY.public_key())
WINDOW = ("2026-08-31T16:00:00Z", "2026-09-30T16:00:00Z")
STATEMENT = Statement("energy_month", "office", "2026-09", WINDOW, "2026-10-01T01:00:00Z", "xietong 0.1.0")
ROWS = tuple((number, "building:甲", f"2026-09-{number:02}", Decimal(number * 1001) / 1000) for number in range(1, 31))
LEDGER = Ledger("ledger.csv", ("row", "place", "day", "quantity"), ROWS)
SUM = sum((row[3] for row in ROWS), Decimal(0))


def document(value: Decimal = SUM) -> bytes:
    total = {"figure": "electricity", "ledger": LEDGER.name, "column": "quantity", "where": {"place": "building:甲"}}
    return canonical_json({"figures": {"electricity": {"value": value}}, "totals": [total]})


def package(hash_name: str = "sha256", key: Ed25519PrivateKey = KEY, report: bytes | None = None) -> bytes:
    files = {"report.json": report or document(), "report.pdf": bytes(range(256)) * 40}
    return seal(files, [LEDGER], STATEMENT, key, hash_name)


PACKAGE = package()


@pytest.mark.parametrize("hash_name", ["sha256", "sm3"])
def test_sealed_package_is_accepted(hash_name: str) -> None:
    verdict = verify_package(package(hash_name), PUBLIC)
    assert verdict.faults == ()
    assert (verdict.rows, verdict.totals, verdict.public_key) == (30, 1, PUBLIC)


def test_equal_input_gives_equal_bytes_that_any_zip_program_opens() -> None:
    assert package() == PACKAGE
    with zipfile.ZipFile(io.BytesIO(PACKAGE)) as opened:
        assert opened.testzip() is None
        assert opened.read("ledger.csv") == csv_bytes(LEDGER)
        assert {name: opened.read(name) for name in opened.namelist()} == unpack(PACKAGE)


def test_unpacked_folder_is_accepted_and_a_changed_row_named(tmp_path: Path) -> None:
    zipfile.ZipFile(io.BytesIO(PACKAGE)).extractall(tmp_path)
    assert verify_path(tmp_path, PUBLIC).faults == ()
    file = tmp_path / "ledger.csv"
    file.write_bytes(file.read_bytes().replace(b"2026-09-17", b"2026-09-18"))
    assert verify_path(tmp_path, PUBLIC).faults == (Fault("ledger.csv", "changed_row", 17),)


def owner(offset: int) -> tuple[str, int | None]:
    """File and, in the ledger, row of a byte of the package, worked out independently of the code under test."""
    with zipfile.ZipFile(io.BytesIO(PACKAGE)) as opened:
        for info in opened.infolist():
            start = info.header_offset + 30 + len(info.filename)
            if start <= offset < start + info.file_size:
                if info.filename != "ledger.csv":
                    return info.filename, None
                return info.filename, opened.read(info)[: offset - start].count(b"\r\n")
    return CONTAINER, None


def changed_offsets() -> list[int]:
    """200 bytes anywhere, and 40 of the ledger alone."""
    chance = random.Random(7)
    everywhere = [chance.randrange(len(PACKAGE)) for _ in range(200)]
    start = PACKAGE.index(b"\xef\xbb\xbf")
    return everywhere + [start + chance.randrange(len(csv_bytes(LEDGER))) for _ in range(40)]


def test_every_changed_byte_is_refused_with_file_and_row() -> None:
    chance = random.Random(8)
    for offset in changed_offsets():
        changed = bytearray(PACKAGE)
        changed[offset] ^= chance.randrange(1, 256)
        file, row = owner(offset)
        faults = verify_package(bytes(changed), PUBLIC).faults
        named = {(fault.file, fault.row) for fault in faults}
        if file != "ledger.csv":
            assert file in {fault.file for fault in faults}, (offset, file, faults)
        elif row == 0:
            assert faults == (Fault(file, "changed_header"),)
        else:
            # The end of a line joins it with the next: then either of the two is named.
            assert named <= {(file, row), (file, (row or 0) + 1)}, (offset, faults)
            assert len(named) == 1


def test_every_byte_of_the_container_itself_counts() -> None:
    small = seal({"a.txt": b"a"}, [], STATEMENT, KEY)
    for offset in range(len(small)):
        changed = bytearray(small)
        changed[offset] ^= 0x20
        assert verify_package(bytes(changed), PUBLIC).faults, offset


@pytest.mark.parametrize("change", [b"", b"x", PACKAGE[:-1], PACKAGE + b"\0", b"\0" + PACKAGE, PACKAGE[:5000]])
def test_cut_or_padded_file_is_a_fault_of_the_container(change: bytes) -> None:
    assert CONTAINER in {fault.file for fault in verify_package(change, PUBLIC).faults}


def members() -> dict[str, bytes]:
    found = unpack(PACKAGE)
    assert found is not None
    return found


def test_rows_removed_added_and_swapped_are_named() -> None:
    lines = members()["ledger.csv"].splitlines(keepends=True)
    for found, row in (
        (lines[:10] + lines[11:], 10),
        (lines[:-1], 30),
        ([*lines, lines[-1]], 31),
        ([*lines[:4], lines[5], lines[4], *lines[6:]], 4),
    ):
        assert verify_members(members() | {"ledger.csv": b"".join(found)}).faults == (
            Fault("ledger.csv", "changed_row", row),
        )


def test_row_changed_together_with_its_chain_is_found_by_the_manifest() -> None:
    forged = seal({}, [Ledger(LEDGER.name, LEDGER.columns, (*ROWS[:-1], (30, "x", "y", Decimal(1))))], STATEMENT, KEY)
    theirs = unpack(forged) or {}
    changed = members() | {name: theirs[name] for name in ("ledger.csv", "ledger.csv.chain")}
    reasons = {(fault.file, fault.reason) for fault in verify_members(changed).faults}
    assert reasons == {("ledger.csv", "changed_with_chain"), ("ledger.csv.chain", "changed_link")} or reasons == {
        ("ledger.csv", "changed_with_chain"),
        ("ledger.csv.chain", "changed_bytes"),
    }


def test_forger_with_a_key_of_his_own_is_found_by_the_known_key() -> None:
    forged = package(key=OTHER_KEY)
    assert verify_package(forged).faults == ()
    assert verify_package(forged, PUBLIC).faults == (Fault(SIGNATURE, "other_signer"),)


def test_manifest_and_signature_are_told_apart() -> None:
    manifest = members()[MANIFEST].replace(b'"period":"2026-09"', b'"period":"2026-08"')
    assert verify_members(members() | {MANIFEST: manifest}).faults == (Fault(MANIFEST, "changed_manifest"),)
    signature = members()[SIGNATURE]
    upper = signature[:-10] + signature[-10:].upper()
    assert {fault.file for fault in verify_members(members() | {SIGNATURE: upper}).faults} == {SIGNATURE}


def test_file_missing_or_slipped_in_is_named() -> None:
    less = {name: content for name, content in members().items() if name != "report.pdf"}
    assert verify_members(less).faults == (Fault("report.pdf", "absent"),)
    assert verify_members(members() | {"note.txt": b""}).faults == (Fault("note.txt", "not_listed"),)
    without = {name: content for name, content in members().items() if name != MANIFEST}
    assert verify_members(without).faults == (Fault(MANIFEST, "no_manifest"),)


def test_changed_file_is_told_by_its_block() -> None:
    content = bytearray(members()["report.pdf"])
    content[BLOCK + 5] ^= 1
    (fault,) = verify_members(members() | {"report.pdf": bytes(content)}).faults
    assert (fault.reason, fault.facts) == ("changed_bytes", {"first": BLOCK, "last": 2 * BLOCK - 1})


def test_total_that_the_rows_do_not_give_is_named_though_properly_sealed() -> None:
    wrong = package(report=document(SUM + Decimal("0.001")))
    assert verify_package(wrong, PUBLIC).faults == (
        Fault("report.json", "wrong_total", facts={"figure": "electricity"}),
    )


def test_text_cell_never_becomes_a_formula_and_stays_on_its_line() -> None:
    ledger = Ledger("x.csv", ("a", "b"), (('=1+1,"x"', Decimal("-5")), ("two\r\nlines", None)))
    assert csv_bytes(ledger) == b'\xef\xbb\xbfa,b\r\n"\'=1+1,""x""",-5\r\ntwo lines,\r\n'


def test_name_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        seal({"ledger.csv": b""}, [LEDGER], STATEMENT, KEY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_fault_reads_as_one_line_with_file_and_row(language: Language) -> None:
    line = Fault("ledger.csv", "changed_row", 17).line(language)
    assert line.startswith("ledger.csv: ")
    assert "17" in line
    assert "verify." not in line


def test_verifier_needs_none_of_the_data_centre_packages() -> None:
    heavy = ("numpy", "scipy", "sqlalchemy", "fastapi", "nicegui", "typst", "xlsxwriter", "openpyxl", "alembic")
    absent = f"import sys\nsys.modules.update({{name: None for name in {heavy!r}}})\n"
    code = f"{absent}import cloud.reporting.verify\nprint('ok')\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


def test_pack_is_the_inverse_of_unpack() -> None:
    assert pack(members()) == PACKAGE


def test_command_line_answers_with_exit_code_and_place(tmp_path: Path) -> None:
    file = tmp_path / "report.zip"
    file.write_bytes(PACKAGE)
    key = tmp_path / "auditor.pub"
    key.write_text(f"{PUBLIC}\n", encoding="utf-8")
    runner = CliRunner()
    accepted = runner.invoke(app, ["verify", str(file), "--key", str(key)])
    assert accepted.exit_code == 0, accepted.output
    assert "30" in accepted.output
    file.write_bytes(PACKAGE.replace(b"2026-09-17", b"2026-09-18", 1))
    refused = runner.invoke(app, ["verify", str(file), "--key", PUBLIC, "--language", "zh-CN"])
    assert refused.exit_code == 1
    assert "ledger.csv: 第 17 行" in refused.output
    unreadable = runner.invoke(app, ["verify", str(tmp_path / "none.zip")])
    assert isinstance(unreadable.exception, ConfigError)
