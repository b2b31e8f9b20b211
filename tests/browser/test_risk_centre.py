"""The risk centre in a real Chromium: alarms answered, a case labelled, what is restricted, the superior's answer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ConsoleServer, OpenPage
from tests.browser.furnish_risk import DISPATCHER, HEADS, OFFICER, SUPERIOR

pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_a_dispatcher_acknowledges_an_alarm_and_shelves_it(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/alarms", DISPATCHER)
    leak = _row(page, "alarms", "Water running at night")
    expect(leak).to_contain_text("never stopped between 2 and 4 h for 5 nights")
    expect(leak).to_contain_text("not acknowledged")
    expect(page.get_by_test_id("tile-open-number")).to_have_text("6")
    expect(page.get_by_test_id("tile-waiting-number")).to_have_text("4")
    leak.get_by_test_id("acknowledge").click()
    expect(leak).to_contain_text("risk-dispatcher")
    expect(leak.get_by_test_id("acknowledge")).to_have_count(0)
    expect(page.get_by_test_id("tile-waiting-number")).to_have_text("3")

    leak.get_by_test_id("shelve").click()
    dialog = page.get_by_test_id("ask")
    dialog.get_by_test_id("input-minutes").fill("900")
    dialog.get_by_test_id("input-reason").fill("plumber is on the way")
    dialog.get_by_test_id("ask-confirm").click()
    expect(page.get_by_text(re.compile("900"))).to_be_visible()
    leak.get_by_test_id("shelve").click()
    dialog.get_by_test_id("input-minutes").fill("90")
    dialog.get_by_test_id("input-reason").fill("plumber is on the way")
    dialog.get_by_test_id("ask-confirm").click()
    expect(leak).to_contain_text("plumber is on the way")
    leak.get_by_test_id("unshelve").click()
    expect(leak).not_to_contain_text("plumber is on the way")
    assert [entry["action"] for entry in _audit(console, "alarm.")][:3] == [
        "alarm.unshelve",
        "alarm.shelve",
        "alarm.acknowledge",
    ]


def test_an_alarm_opens_to_what_it_was_raised_from(open_page: OpenPage) -> None:
    page = open_page("/alarms", OFFICER)
    _row(page, "alarms", "High load at night").locator("td").first.click()
    card = page.get_by_test_id("alarm-card")
    expect(card.get_by_test_id("why")).to_contain_text("45.6 kW")
    expect(card.get_by_test_id("facts")).to_contain_text("Night to day (%)")
    expect(card.get_by_test_id("alarm-events")).to_contain_text("draws 45.6 kW at night")
    card.get_by_test_id("to-risk").click()
    expect(page.get_by_test_id("explanation")).to_contain_text("Block A")


def test_a_head_labels_a_case_and_the_precision_of_its_rule_changes(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/risks", HEADS["real_estate"])
    _row(page, "risks", "Water running at night").get_by_role("link").click()
    expect(page.get_by_test_id("risk-status")).to_contain_text("waits for its label")
    expect(page.get_by_test_id("grounds")).to_contain_text("Block B")
    expect(page.get_by_test_id("finding-facts")).to_contain_text("1,037.2")
    expect(page.get_by_test_id("precision")).to_contain_text("64.3 %")
    expect(page.get_by_test_id("effect-true")).to_have_text("precision of the rule 64.3 % → 66.7 %")
    expect(page.get_by_test_id("effect-false")).to_have_text("precision of the rule 64.3 % → 60.0 %")
    expect(page.get_by_test_id("timeline")).to_contain_text("Alarm")
    page.get_by_test_id("label-true").click()
    expect(page.get_by_test_id("risk-label")).to_have_text("the rule was right")
    expect(page.get_by_test_id("precision")).to_contain_text(re.compile(r"64\.3 %.*66\.7 %"))
    assert [(entry["actor"], entry["detail"]["label"]) for entry in _audit(console, "risk.label")] == [
        ("head-real_estate", "true")
    ]
    page.goto(f"{console.address}/rules")
    rule = page.get_by_test_id("row-E06")
    expect(rule).to_contain_text("67 %")
    expect(rule).to_contain_text("11")


def test_what_waits_for_treatment_is_noted_and_can_only_be_called_wrong(open_page: OpenPage) -> None:
    page = open_page("/risks", HEADS["finance"])
    _row(page, "risks", "Budget will not last").get_by_role("link").click()
    expect(page.get_by_test_id("label-true")).to_be_disabled()
    expect(page.get_by_test_id("label-false")).to_be_enabled()
    page.get_by_test_id("treat-note").click()
    dialog = page.get_by_test_id("ask")
    dialog.get_by_test_id("input-note").fill("moved 20,000 yuan from another line")
    dialog.get_by_test_id("ask-confirm").click()
    expect(page.get_by_test_id("timeline")).to_contain_text("moved 20,000 yuan from another line")
    expect(page.get_by_test_id("risk-status")).to_have_text("being treated")


def test_a_restricted_case_is_there_for_its_department_alone(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/risks", HEADS["vehicle"])
    row = _row(page, "risks", "Vehicle used out of hours")
    path = row.get_by_role("link").get_attribute("href")
    row.get_by_role("link").click()
    expect(page.get_by_test_id("explanation")).to_contain_text("Car one")
    for token in (HEADS["finance"], SUPERIOR):
        other = open_page("/risks", token)
        expect(other.get_by_test_id("risks")).to_contain_text("Invoice booked twice")
        expect(other.get_by_test_id("risks")).not_to_contain_text("out of hours")
        answer = other.goto(f"{console.address}{path}")
        assert answer is not None
        assert answer.status == 404
        expect(other.locator("body")).not_to_contain_text("Car one")


def test_a_cell_of_the_matrix_narrows_the_list(open_page: OpenPage) -> None:
    page = open_page("/risks", OFFICER)
    expect(page.get_by_test_id("risk-count")).to_have_text(re.compile(r"^\d shown$"))
    page.get_by_test_id("cell-5-4").click()
    expect(page.get_by_test_id("risks")).to_contain_text("Invoice booked twice")
    expect(page.get_by_test_id("risks")).not_to_contain_text("Camera dark")
    page.get_by_test_id("cell-5-4").click()
    expect(page.get_by_test_id("risks")).to_contain_text("Camera dark")
    page.get_by_test_id("outlook-by").get_by_text("by rule").click()
    expect(page.get_by_test_id("outlook")).to_contain_text("Camera dark · S01")


def test_a_head_approves_a_rule_of_the_department_and_opens_its_definition(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/rules", HEADS["vehicle"])
    rule = page.get_by_test_id("row-V04")
    expect(page.get_by_test_id("row-S02").get_by_test_id("approve")).to_have_count(0)
    rule.get_by_test_id("approve").click()
    expect(rule).to_contain_text("in force")
    rule.locator("td").first.click()
    card = page.get_by_test_id("rule-card")
    expect(card.get_by_test_id("rule-condition")).to_contain_text("A fill of the last 62 days")
    expect(card.get_by_test_id("rule-facts")).to_contain_text("Office of the Risk Story: head-vehicle")
    assert [entry["subject"] for entry in _audit(console, "rule.approve")] == ["rule:V04"]


def test_the_superior_verifies_and_answers_a_case_file(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/inbox", SUPERIOR)
    forged = _row(page, "case-files", "Camera dark")
    expect(forged).to_contain_text("signature broken")
    _row(page, "case-files", "Invoice booked twice").click()
    card = page.get_by_test_id("case-file")
    expect(card.get_by_test_id("proof")).to_have_text("signature holds")
    expect(card.get_by_test_id("file-finding")).to_contain_text("invoice 23432360")
    card.get_by_test_id("answer-order").click()
    expect(page.get_by_text("an answer needs a text")).to_be_visible()
    card.get_by_test_id("input-text").fill("Recover the sum within ten days.")
    card.get_by_test_id("answer-order").click()
    expect(card.get_by_test_id("file-state")).to_have_text("ordered")
    expect(card.get_by_test_id("file-facts")).to_contain_text("Recover the sum within ten days.")
    assert len(_audit(console, "case_file.order")) == 1
    office = open_page("/risks", HEADS["finance"])
    _row(office, "risks", "Invoice booked twice").get_by_role("link").click()
    expect(office.get_by_test_id("timeline")).to_contain_text("Recover the sum within ten days.")


def test_the_inbox_is_the_superiors_alone(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/risks", HEADS["finance"])
    expect(page.locator(".xt-nav")).not_to_contain_text("Inbox")
    answer = page.goto(f"{console.address}/inbox")
    assert answer is not None
    assert answer.status == 403


def _row(page: Page, table: str, text: str) -> Locator:
    return page.get_by_test_id(table).locator("tbody tr", has_text=text)


def _audit(console: ConsoleServer, action: str) -> list[dict[str, Any]]:
    """Of the office of this story, newest first."""
    return [entry for entry in console.state()["audit"] if entry["action"].startswith(action)]
