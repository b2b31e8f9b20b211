"""A case file is believed only as far as its signature goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.console.views.inbox_file import Proof, opened
from cloud.core.event import Severity
from cloud.risk.case_document import Addressee, case_file_of
from cloud.risk.case_file import CaseFile
from cloud.risk.risk import Risk, RiskStatus

KEY, OTHER_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
TRUSTED = KEY.public_key().public_bytes_raw().hex()
RISK = Risk("r", "office", "F04", "finance", "department:general", 5, 4, Severity.RED, RiskStatus.OPEN, 0, 1, "event")


def _file(key: Ed25519PrivateKey = KEY) -> CaseFile:
    return case_file_of(RISK, [], Addressee("city", 0), key, 5)


def test_a_file_of_this_system_is_genuine_and_says_what_it_is_about() -> None:
    file = opened(_file(), TRUSTED)
    assert file.proof is Proof.GENUINE
    assert (file.rule_id, file.subject, file.colour) == ("F04", "department:general", Severity.RED)


def test_a_file_signed_by_a_key_that_is_not_known_here_says_so() -> None:
    assert opened(_file(OTHER_KEY), TRUSTED).proof is Proof.FOREIGN


@pytest.mark.parametrize("document", ['{"colour":"blue"}', "no document", "[1]", ""])
def test_a_file_whose_document_was_changed_is_broken(document: str) -> None:
    file = opened(replace(_file(), document=document), TRUSTED)
    assert file.proof is Proof.BROKEN
    assert file.colour in (Severity.BLUE, Severity.INFO)


def test_a_genuine_document_in_another_files_place_is_broken() -> None:
    assert opened(replace(_file(), risk_id="another"), TRUSTED).proof is Proof.BROKEN
