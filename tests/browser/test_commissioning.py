"""Somebody stands before a meter: values beside its display, a ratio proposed and approved, the comparison kept."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ConsoleServer, OpenPage
from tests.browser.console_server import OFFICER, STAFF


def test_values_are_compared_and_a_ratio_is_proposed(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/devices/a-main", OFFICER)
    page.get_by_test_id("commissioning").click()
    row = page.get_by_test_id("compare-Power-Active-Total")
    expect(row).to_contain_text(re.compile(r"\d+\.\d{3} kW"))
    ours = float(re.findall(r"([\d,]+\.\d{3}) kW", row.inner_text())[0].replace(",", ""))
    row.locator("input").fill(f"{2 * ours:.3f}")
    expect(row.locator(".xt-chip")).to_have_text(re.compile(r"-(49|50)\.\d %"))
    expect(row.locator(".xt-chip")).to_have_class(re.compile("xt-tone-bad"))
    page.get_by_test_id("keep-comparison").click()
    expect(page.get_by_text("1 comparisons kept")).to_be_visible()

    page.get_by_test_id("input-params.ct").fill("60")
    page.get_by_test_id("input-reason").fill("Plate of the transformer")
    page.get_by_test_id("propose-settings").click()
    orders = page.get_by_test_id("settings-orders")
    expect(orders).to_contain_text("CT ratio → 60")
    orders.get_by_test_id("approve-settings").click()
    expect(orders).to_contain_text("Approved")
    actions = [(entry["action"], entry["subject"]) for entry in console.state()["audit"]]
    for action in ("device.compared", "command.propose", "command.approve"):
        assert (action, "device:a-main") in actions


def test_nothing_entered_is_told_and_changes_nothing(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/devices/b-main/commissioning", OFFICER, locale="zh-CN")
    page.get_by_test_id("keep-comparison").click()
    expect(page.get_by_text("没有填写表计显示值。")).to_be_visible()
    page.get_by_test_id("propose-settings").click()
    expect(page.get_by_text(re.compile("理由"))).not_to_have_count(0)
    assert not [entry for entry in console.state()["audit"] if entry["subject"] == "device:b-main"]


@pytest.mark.parametrize("token", [STAFF])
def test_only_those_who_may_give_orders_see_the_page(open_page: OpenPage, token: str) -> None:
    page = open_page("/devices/a-main/commissioning", token)
    expect(page.get_by_test_id("comparison")).to_have_count(0)
