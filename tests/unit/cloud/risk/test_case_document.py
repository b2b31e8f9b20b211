"""What goes upward: one spelling, a signature over every byte, no names, no plates."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.core.canonical import canonical_json
from cloud.core.event import Severity
from cloud.risk.alarm_life import open_alarm
from cloud.risk.analysis import Circumstances, open_risk
from cloud.risk.case_document import FORMAT, Addressee, case_file_of, is_genuine
from cloud.risk.case_file import CaseFile
from cloud.risk.incidence import outlook
from cloud.risk.risk import Risk
from tests.support.risk_rules import NOW_MS, PUMP, TRIP, an_event

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ALARM = open_alarm(PUMP, an_event(PUMP.kind, event_id="e-1"), department="real_estate", now_ms=NOW_MS)
DATA = {"flow_l_h": 12.5, "nights": 3, "place": "甲楼", "driver": "wang", "limits": [1e-7, True, None]}
RISK = open_risk(ALARM, PUMP, Circumstances(NOW_MS, outlook([], NOW_MS, NOW_MS, 7), DATA))


def sent(risk: Risk = RISK) -> CaseFile:
    return case_file_of(risk, [ALARM], Addressee("city", NOW_MS), KEY, NOW_MS + 5)


def test_the_spelling_is_canonical() -> None:
    content = {"b": [1, 0.1, 1e-7, 1e21, -0.0, True, None], "a": {"z": "甲", "y": 100}}
    assert canonical_json(content, numbers_as_text=True).decode() == (
        '{"a":{"y":"100","z":"甲"},"b":["1","0.1","0.0000001","1000000000000000000000","0",true,null]}'
    )
    assert canonical_json({"x": 1, "y": 2}) == canonical_json({"y": 2, "x": 1})
    with pytest.raises(ValueError, match="finite"):
        canonical_json({"x": float("nan")}, numbers_as_text=True)


def test_the_document_says_what_is_the_matter() -> None:
    content = json.loads(sent().document)
    assert (content["format"], content["superior_id"], content["colour"]) == (FORMAT, "city", "orange")
    assert content["data"] == {"flow_l_h": "12.5", "nights": "3", "place": "甲楼", "limits": ["0.0000001", True, None]}
    assert (content["subject"], content["likelihood"], content["score"]) == ("device:pump-1", "4", "12")
    assert content["alarms"][0]["severity"] == "orange"
    assert "wang" not in sent().document


def test_a_restricted_matter_is_told_without_subject_and_facts() -> None:
    alarm = open_alarm(TRIP, an_event(TRIP.kind, subject="vehicle:浙A12345"), department="vehicle", now_ms=NOW_MS)
    risk = open_risk(alarm, TRIP, Circumstances(NOW_MS, outlook([], NOW_MS, NOW_MS, 7), DATA))
    file = case_file_of(risk, [alarm], Addressee("city", NOW_MS), KEY, NOW_MS)
    content = json.loads(file.document)
    assert (content["subject"], content["data"], content["is_restricted"]) == ("vehicle:***", {}, True)
    for secret in ("12345", "甲楼", "wang"):
        assert secret not in file.document


def test_the_same_climb_is_the_same_file() -> None:
    assert sent() == sent()
    assert sent(replace(RISK, risk_id="r-2")).case_file_id != sent().case_file_id
    later = case_file_of(RISK, [ALARM], Addressee("city", NOW_MS + 1), KEY, NOW_MS + 5)
    assert later.case_file_id != sent().case_file_id


def test_every_changed_byte_is_found() -> None:
    file, chance = sent(), random.Random(7)
    assert is_genuine(file)
    for _ in range(200):
        text = file.document.encode()
        place = chance.randrange(len(text))
        changed = text[:place] + bytes([text[place] ^ (1 << chance.randrange(7))]) + text[place + 1 :]
        assert not is_genuine(replace(file, document=changed.decode("utf-8", "replace")))


def test_a_signature_is_worth_only_what_its_key_is() -> None:
    file, trusted = sent(), KEY.public_key().public_bytes_raw().hex()
    forged = case_file_of(replace(RISK, colour=Severity.BLUE), [], Addressee("city", NOW_MS), OTHER, NOW_MS)
    assert is_genuine(file, trusted)
    assert is_genuine(forged)
    assert not is_genuine(forged, trusted)
    assert not is_genuine(replace(forged, public_key=trusted), trusted)
    assert not is_genuine(replace(file, signature="00"))
    assert not is_genuine(replace(file, signature="not hex"))


@pytest.mark.parametrize("name", ["case_file_id", "institution_id", "superior_id", "risk_id"])
def test_a_document_belongs_to_its_own_file(name: str) -> None:
    assert not is_genuine(replace(sent(), **{name: "other"}))
