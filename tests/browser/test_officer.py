"""An energy officer sets a limit below what a building draws, and sees the breach it leads to."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import ConsoleServer, OpenPage
from tests.browser.console_server import OFFICER

NAME = "Canteen by night"


def test_the_officer_sets_a_threshold_and_sees_the_breach(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/thresholds", OFFICER)
    page.get_by_test_id("new-threshold").click()
    form = page.get_by_test_id("threshold-form")
    form.get_by_test_id("name").fill(NAME)
    form.get_by_test_id("device").click()
    page.get_by_role("option", name="Building B main feed").click()
    form.get_by_test_id("limit").fill("5")
    form.get_by_test_id("hysteresis").fill("1")
    form.get_by_test_id("window_s").fill("5")
    form.get_by_test_id("hold_s").fill("0")
    form.get_by_test_id("save").click()
    expect(form).to_be_hidden()

    httpx.post(f"{console.address}/test/watch").raise_for_status()
    page.goto(f"{console.address}/")
    story = page.get_by_test_id("stories").locator(".xt-story", has_text=NAME)
    expect(story).to_be_visible()
    expect(story).to_contain_text("5.0 kW")
    page.goto(f"{console.address}/events")
    sentence = re.compile(rf"{NAME}: Building B main feed exceeds the limit of 5.0 kW")
    expect(page.get_by_test_id("events").get_by_text(sentence).first).to_be_visible()
