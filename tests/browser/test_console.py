"""The console in a real Chromium, on a real web server."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_S, ConsoleServer, OpenPage
from tests.browser.console_server import DISPATCHER, LEAVING, OFFICER, STAFF, STRANGER

pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_the_token_signs_in_and_leaves_the_address(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/", OFFICER)
    expect(page).to_have_url(f"{console.address}/")
    expect(page.locator(".xt-institution")).to_have_text("Demo County Government Offices Administration")
    page.get_by_test_id("sign-out").click()
    expect(page).to_have_url(f"{console.address}/sign-in")
    page.goto(f"{console.address}/devices")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))


def test_the_sign_in_page_refuses_a_wrong_token_and_comes_back_to_the_page_asked_for(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/sign-in")
    _type_token(page, "no-such-token")
    expect(page.get_by_text("Name, password or token is wrong, or has expired.")).to_be_visible()
    page.goto(f"{console.address}/events")
    _type_token(page, OFFICER)
    expect(page).to_have_url(f"{console.address}/events")


def test_the_overview_shows_live_power_breaches_and_their_commands(open_page: OpenPage) -> None:
    page = open_page("/", OFFICER)
    power = page.get_by_test_id("power-building-a")
    expect(power).to_have_text(re.compile(r"^\d+\.\d kW$"))
    first = power.inner_text()
    expect(power).not_to_have_text(first)
    expect(page.get_by_test_id("tile-devices-number")).to_have_text("54")
    expect(page.get_by_test_id("tile-breaches-number")).to_have_text("2")
    expect(page.get_by_test_id("tile-energy-number")).to_have_text(re.compile(r"^[\d,]+$"))
    stories = page.get_by_test_id("stories")
    expect(stories.get_by_text(re.compile(r"Fell by \d+\.\d kW")).first).to_be_visible()
    expect(stories.get_by_text("Verified").first).to_be_visible()
    expect(page.get_by_test_id("replay-note")).to_contain_text("real buildings")
    expect(page.get_by_test_id("events")).to_contain_text("exceeds the limit of 86.0 kW")
    expect(page.locator(".xt-compound canvas")).to_be_visible()


def test_an_officer_approves_a_waiting_command(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/", OFFICER)
    page.get_by_test_id("approve").click()
    expect(page.get_by_test_id("approve")).to_have_count(0)
    expect(page.get_by_test_id("stories")).to_contain_text("Approved")
    assert [entry["actor"] for entry in _audit(console, "command.approve")] == ["energy-officer"]


def test_the_language_is_chosen_by_the_browser_and_then_by_the_person(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/", OFFICER, locale="zh-CN")
    navigation = page.locator(".xt-nav")
    expect(navigation).to_contain_text("总览")
    expect(page.get_by_test_id("stories")).to_contain_text("下降")
    page.get_by_role("link", name="English").click()
    expect(navigation).to_contain_text("Overview")
    page.goto(f"{console.address}/thresholds")
    expect(navigation).to_contain_text("Thresholds")


def test_an_officer_creates_changes_and_deletes_a_threshold(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/thresholds", OFFICER)
    page.get_by_test_id("new-threshold").click()
    form = page.get_by_test_id("threshold-form")
    form.get_by_test_id("save").click()
    expect(form.get_by_test_id("form-problems")).to_contain_text("Please complete: Name, Watched device, Limit")
    form.get_by_test_id("name").fill("Canteen peak")
    form.get_by_test_id("device").click()
    page.get_by_role("option", name="Building B main feed").click()
    form.get_by_test_id("limit").fill("97.5")
    form.get_by_test_id("hysteresis").fill("100")
    form.get_by_test_id("save").click()
    expect(form).to_be_visible()
    form.get_by_test_id("hysteresis").fill("3")
    form.get_by_test_id("save").click()
    expect(form).to_be_hidden()
    row = page.get_by_test_id("thresholds").locator("tr", has_text="Canteen peak")
    expect(row).to_contain_text("97.5 kW")
    expect(row).to_contain_text("closes below 94.5 kW")
    saved = _audit(console, "threshold.save")
    assert [(entry["actor"], entry["detail"]["limit"]) for entry in saved] == [("energy-officer", 97_500.0)]

    row.locator("[data-testid^=delete_outline-]").click()
    expect(page.get_by_test_id("confirm-delete")).to_be_visible()
    other = open_page("/thresholds", OFFICER)
    other.get_by_test_id("thresholds").locator("tr", has_text="Canteen peak").locator(
        "[data-testid^=automatic-]"
    ).click()
    expect(row.locator("[data-testid^=automatic-]")).to_have_attribute("aria-checked", "true")
    assert len(_audit(console, "threshold.save")) == 2
    page.get_by_test_id("confirm-delete").click()
    expect(row).to_have_count(0)
    assert len(_audit(console, "threshold.remove")) == 1


def test_a_person_without_permission_sees_no_editor(open_page: OpenPage) -> None:
    page = open_page("/thresholds", DISPATCHER)
    expect(page.get_by_test_id("thresholds")).to_contain_text("86.0 kW")
    expect(page.get_by_test_id("new-threshold")).to_have_count(0)
    expect(page.locator("[data-testid^=edit-]")).to_have_count(0)
    expect(page.locator("[data-testid^=automatic-]")).to_have_count(0)


def test_a_page_without_permission_is_refused(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/", STAFF)
    expect(page.get_by_test_id("power-building-a")).to_be_visible()
    expect(page.locator(".xt-nav")).not_to_contain_text("Thresholds")
    answer = page.goto(f"{console.address}/thresholds")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text("Your role does not permit this page.")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("86.0 kW")


def test_nothing_of_another_institution_is_shown(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/devices", STRANGER)
    expect(page.get_by_test_id("device-count")).to_have_text("0 listed, 0 online")
    answer = page.goto(f"{console.address}/devices/a-main")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("body")).not_to_contain_text("Building A")
    page.goto(f"{console.address}/")
    expect(page.get_by_test_id("tile-energy-number")).to_have_text("—")
    expect(page.get_by_test_id("tile-power-number")).to_have_text("—")


def test_devices_are_listed_searched_and_opened(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/devices", OFFICER)
    expect(page.get_by_test_id("device-count")).to_have_text("55 listed, 54 online")
    row = page.locator(".ag-row", has_text="Building A main feed")
    expect(row).to_contain_text(re.compile(r"\d+\.\d kW"))
    page.get_by_placeholder("Search name, model, building…").fill("b-floor-3")
    expect(page.get_by_test_id("device-count")).to_have_text("1 listed, 0 online")
    expect(page.locator(".ag-row.xt-row-stale")).to_have_count(1)
    expect(page.locator(".ag-row [col-id=node]")).to_have_text("plain (lossy)")
    page.locator(".ag-row").click()
    expect(page).to_have_url(re.compile(r"/devices/b-floor-3"))
    expect(page.get_by_test_id("lossy")).to_have_text("Lossy")
    expect(page.locator(".xt-table tr.xt-stale").first).to_be_visible()
    expect(page.locator(".xt-history canvas")).to_be_visible()


def test_a_device_tells_who_holds_it(open_page: OpenPage) -> None:
    page = open_page("/devices/a-ac-1", OFFICER)
    expect(page.get_by_test_id("holders")).to_contain_text(re.compile(r"28(\.0)? °C, priority 12, until \d\d:\d\d"))
    page = open_page("/devices/b-ac-1", OFFICER)
    expect(page.get_by_test_id("holders")).to_contain_text("it is in its own control")


def test_events_are_filtered_by_department(open_page: OpenPage) -> None:
    page = open_page("/events", OFFICER)
    expect(page.get_by_test_id("event-count")).to_have_text("9 shown")
    expect(page.get_by_test_id("events")).to_contain_text("Late")
    page.get_by_test_id("department").click()
    page.get_by_role("option", name="Safety and security").click()
    expect(page.get_by_test_id("event-count")).to_have_text("2 shown")
    expect(page.get_by_test_id("events")).not_to_contain_text("speeding")


def test_a_withdrawn_token_ends_an_open_page(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/devices", LEAVING)
    expect(page.get_by_test_id("device-count")).to_have_text("55 listed, 54 online")
    httpx.post(f"{console.address}/test/withdraw/{LEAVING}").raise_for_status()
    expect(page).to_have_url(re.compile(r"/sign-in"))


def test_a_page_that_nobody_looks_at_asks_for_nothing(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/devices", OFFICER)
    expect(page.get_by_test_id("device-count")).to_have_text("55 listed, 54 online")
    _wait_for_reads(console, more=True)
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    _wait_for_reads(console, more=False)
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', {value: false, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    _wait_for_reads(console, more=True)


def test_an_address_that_does_not_exist_is_told_in_the_viewers_language(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/", OFFICER, locale="zh-CN")
    answer = page.goto(f"{console.address}/nowhere")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_text("没有这个页面，或它不在您的管理范围内。")).to_be_visible()
    assert httpx.get(f"{console.address}/api/nowhere").status_code == 404


def _type_token(page: Page, token: str) -> None:
    page.locator(".xt-quiet .q-item").click()
    page.locator("input[name=token]").fill(token)
    page.locator("button[type=submit]").click()


def _audit(console: ConsoleServer, action: str) -> list[dict[str, Any]]:
    return [entry for entry in console.state()["audit"] if entry["action"] == action]


def _wait_for_reads(console: ConsoleServer, *, more: bool) -> None:
    """Until the store is asked more, or is left alone for twice the pace of a page."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        before = console.state()["reads"]
        time.sleep(5)
        if (console.state()["reads"] > before) is more:
            return
    pytest.fail(f"the store was {'not asked' if more else 'still asked'} for {PATIENCE_S} s")
