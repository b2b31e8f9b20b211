"""What the small books keep: thresholds and breaches, quarantine, audit, accounts, settings."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import reading
from cloud.adapters.sql.tables import account_token
from cloud.core.access import Principal, Role
from cloud.core.audit import AuditEntry
from cloud.core.threshold import Breach, BreachState, Threshold, ThresholdAction
from cloud.desks.books import Books
from foundation.errors import DomainError
from tests.support.manual_clock import ManualClock

STREAM = "5f7c1c5e-7c0a-4d5b-9a39-1d9d3d1d2c11"
THRESHOLD = Threshold(
    threshold_id="t-1",
    institution_id="office",
    name="总功率",
    group="county",
    device="a-main",
    point="Power/Active/Total",
    limit=120_000.5,
    hysteresis=5_000,
    window_s=30,
    hold_s=5,
    automatic=True,
    actions=(ThresholdAction("a-ac-1", "Setpoint/Temperature", 26.0),),
    changed_by="li",
    changed_ms=1000,
)
BREACH = Breach("b-1", "t-1", "office", opened_ms=2000, limit=120_000.5, peak=130_000)
OFFICER = Principal("li", frozenset({Role.ENERGY_OFFICER, Role.STAFF}), frozenset({"office"}), "energy")


def test_threshold_comes_back_as_saved_and_is_replaced_by_its_id(ports: Books) -> None:
    ports.thresholds.save(THRESHOLD)
    assert ports.thresholds.thresholds({"office"}) == [THRESHOLD]
    changed = replace(THRESHOLD, limit=90_000, actions=(), enabled=False)
    ports.thresholds.save(changed)
    assert ports.thresholds.thresholds({"office"}) == [changed]


def test_thresholds_and_breaches_keep_to_their_scope(ports: Books) -> None:
    other = replace(THRESHOLD, threshold_id="t-2", institution_id="school")
    for threshold in (THRESHOLD, other):
        ports.thresholds.save(threshold)
    ports.thresholds.save_breach(BREACH)
    assert ports.thresholds.thresholds({"school"}) == [other]
    assert ports.thresholds.thresholds(set()) == []
    assert ports.thresholds.thresholds(None) == [THRESHOLD, other]
    assert ports.thresholds.breaches({"school"}) == []
    assert ports.thresholds.breaches(None) == [BREACH]


def test_threshold_never_changes_its_owner(ports: Books) -> None:
    ports.thresholds.save(THRESHOLD)
    with pytest.raises(DomainError):
        ports.thresholds.save(replace(THRESHOLD, institution_id="school"))
    ports.thresholds.remove("school", "t-1")
    assert ports.thresholds.thresholds(None) == [THRESHOLD]
    ports.thresholds.remove("office", "t-1")
    assert ports.thresholds.thresholds(None) == []


def test_breach_is_followed_from_opening_to_closing(ports: Books) -> None:
    ports.thresholds.save_breach(BREACH)
    closed = replace(BREACH, state=BreachState.CLOSED, closed_ms=9000, peak=140_000, command_ids=("c-1", "c-2"))
    ports.thresholds.save_breach(closed)
    later = replace(BREACH, breach_id="b-2", opened_ms=3000, is_late=True)
    ports.thresholds.save_breach(later)
    assert ports.thresholds.breaches({"office"}) == [later, closed]
    assert ports.thresholds.breaches({"office"}, limit=1) == [later]


def test_quarantine_counts_payloads_with_and_without_a_known_row(ports: Books) -> None:
    quarantine = ports.quarantine
    assert quarantine.counts() == {"malformed": 0, "known": 0}
    for _ in range(2):
        quarantine.put(topic="spBv1.0/county/DDATA/edge-1", payload=b"\x00\xff", reason="not protobuf", at_ms=1)
        quarantine.put(topic="t", payload=b"1", reason="range", at_ms=1, stream=STREAM, spool=7)
        quarantine.put(topic="t", payload=b"2", reason="range", at_ms=1, stream=STREAM, spool=7)
    assert quarantine.counts() == {"malformed": 2, "known": 2}


def test_audit_rows_come_newest_first_and_only_of_the_scope(ports: Books) -> None:
    for institution_id, action in (("office", "a"), ("school", "b"), ("office", "c")):
        ports.audit.record(
            institution_id=institution_id, actor="li", action=action, subject="threshold:t-1", detail={"limit": 1.5}
        )
    at_ms = ManualClock().now_ms()
    entry = AuditEntry("office", "li", "c", "threshold:t-1", {"limit": 1.5}, at_ms)
    assert ports.audit.recent({"office"}) == [entry, replace(entry, action="a")]
    assert ports.audit.recent({"office"}, limit=1) == [entry]
    assert ports.audit.recent(set()) == []


def test_token_stands_for_its_principal_until_it_expires(ports: Books) -> None:
    ports.accounts.grant("xt_one", OFFICER, at_ms=0, expires_ms=1000)
    ports.accounts.grant("xt_two", OFFICER, at_ms=0)
    assert ports.accounts.principal_of("xt_one", 999) == OFFICER
    assert ports.accounts.principal_of("xt_one", 1000) is None
    assert ports.accounts.principal_of("xt_two", 10**15) == OFFICER
    assert ports.accounts.principal_of("xt_three", 0) is None
    with pytest.raises(ValueError, match="already"):
        ports.accounts.grant("xt_two", OFFICER, at_ms=0)


def test_withdrawn_token_is_worth_nothing(ports: Books) -> None:
    for token in ("xt_one", "xt_two", "xt_three"):
        ports.accounts.grant(token, OFFICER, at_ms=0)
    ports.accounts.grant("xt_other", replace(OFFICER, name="wang"), at_ms=0)
    ports.accounts.withdraw("xt_one", 5)
    ports.accounts.withdraw("xt_unknown", 5)
    assert ports.accounts.principal_of("xt_one", 6) is None
    assert ports.accounts.principal_of("xt_two", 6) == OFFICER
    ports.accounts.withdraw_all("li", 7)
    assert ports.accounts.principal_of("xt_three", 8) is None
    assert ports.accounts.principal_of("xt_other", 8) is not None


def test_token_itself_is_stored_nowhere(engine: sa.Engine, ports: Books) -> None:
    ports.accounts.grant("xt_secret", OFFICER, at_ms=0)
    with reading(engine) as connection:
        (row,) = connection.execute(sa.select(account_token)).all()
    assert "xt_secret" not in repr(row)


def test_role_that_is_no_longer_known_permits_nothing(engine: sa.Engine, ports: Books) -> None:
    ports.accounts.grant("xt_one", OFFICER, at_ms=0)
    with engine.begin() as connection:
        connection.execute(sa.update(account_token).values(roles=["emperor"]))
    principal = ports.accounts.principal_of("xt_one", 0)
    assert principal is not None
    assert principal.roles == frozenset()


def test_setting_is_kept_per_institution(ports: Books) -> None:
    assert ports.settings.read("office", "language") is None
    ports.settings.write("office", "language", "en")
    ports.settings.write("office", "language", {"default": "zh-CN"})
    assert ports.settings.read("office", "language") == {"default": "zh-CN"}
    assert ports.settings.read("school", "language") is None
