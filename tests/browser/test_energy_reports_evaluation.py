"""Energy, reports and evaluation in a real Chromium: figures, their proof, and what they rest on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.reporting.verify import verify_package
from foundation.clock import SystemClock
from gateway.keys import public_key_text
from tests.browser.conftest import ConsoleServer, OpenPage, serving
from tests.browser.office_server import AUDITOR, OFFICER, STAFF, STRANGER
from tests.support.cloud_world import SEALING_KEY

pytestmark = [pytest.mark.server, pytest.mark.slow]

PUBLIC_KEY = public_key_text(SEALING_KEY.public_key())
FULL = str(Period.month_of(SystemClock().now_ms()).previous)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    """The furnished office instead of the compound."""
    with serving("office_server", tmp_path_factory.mktemp("office")) as server:
        yield server


def test_the_account_names_its_convention_and_switches_every_figure_to_the_other(open_page: OpenPage) -> None:
    page = open_page("/energy", OFFICER)
    energy = page.get_by_test_id("tile-energy")
    expect(energy).to_contain_text("Calorific")
    calorific = _number(page.get_by_test_id("tile-energy-number").inner_text())
    expect(page.get_by_test_id("tile-quota")).to_contain_text("no quota holds")
    use = page.get_by_test_id("consumption")
    expect(use.get_by_test_id("row-whole-electricity")).to_contain_text("Meter")
    expect(use.get_by_test_id("row-whole-gas")).to_contain_text("Bill")
    expect(use.get_by_test_id("row-a-water")).to_contain_text("to be completed")
    page.get_by_test_id("convention").get_by_text("Equivalent").click()
    expect(energy).to_contain_text("Equivalent")
    assert _number(page.get_by_test_id("tile-energy-number").inner_text()) > 2 * calorific
    expect(page.get_by_test_id("account-inputs")).to_contain_text("Equivalent")


def test_a_forecast_hour_is_explained_and_an_effect_says_why(open_page: OpenPage) -> None:
    page = open_page("/energy", OFFICER)
    forecasts = page.get_by_test_id("forecasts")
    expect(forecasts).to_contain_text("persistence 24.1 %")
    hour = page.get_by_test_id("forecast-hour")
    expect(hour.get_by_test_id("forecast-why")).to_contain_text("usual at this hour")
    forecasts.get_by_test_id("row-county.c-main").click()
    expect(hour.get_by_test_id("forecast-why")).to_contain_text("this hour of the last two weeks +3.0 kW")
    hour.get_by_test_id("hour").click()
    # While the menu fades in, a click on it counts as one outside and closes it; no hand is that quick.
    expect(page.locator(".q-menu")).to_be_visible()
    expect(page.locator(".q-menu[class*=-enter-]")).to_have_count(0)
    page.get_by_role("option").filter(has_text="10:00").last.click()
    expect(hour.get_by_test_id("forecast-why")).to_contain_text("10:00: 66.8 kW on average")
    effect = page.get_by_test_id("effects").get_by_test_id("row-e-1")
    expect(effect).to_contain_text("an estimated 4.50 kWh saved (nine times in ten from 3.10 kWh to 5.90 kWh)")
    expect(effect).to_contain_text("Power of building 1")


def test_an_officer_enters_a_price_that_the_cost_is_worked_out_with(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/energy", OFFICER)
    cost = page.get_by_test_id("consumption").get_by_test_id("row-whole-electricity")
    expect(cost).to_contain_text("by tariff reference_electricity")
    page.get_by_test_id("new-tariff").click()
    for name, value in (
        ("name", "Contract 7"),
        ("price", "0.62"),
        ("valid_from", "2020-01-01"),
        ("source", "Contract"),
    ):
        page.get_by_test_id(f"input-{name}").fill(value)
    page.get_by_test_id("ask-confirm").click()
    expect(page.get_by_test_id("tariffs")).to_contain_text("Contract 7")
    expect(cost).to_contain_text("by tariff own_electricity_20200101_1")
    page.get_by_test_id("tariffs").get_by_test_id("remove").click()
    expect(cost).to_contain_text("by tariff reference_electricity")
    assert [one["action"] for one in console.state()["audit"]].count("energy.settings") == 2


def test_the_account_as_known_on_an_earlier_day_stands_beside_what_is_known_now(open_page: OpenPage) -> None:
    page = open_page("/energy", OFFICER)
    use, restated = page.get_by_test_id("consumption"), page.get_by_test_id("restated")
    expect(use.get_by_test_id("row-whole-electricity")).to_contain_text("Meter")
    expect(page.get_by_test_id("restated-since")).to_contain_text("never issued")
    # The furnished office was booked today: the day before nothing of it was known.
    yesterday = local_day(SystemClock().now_ms()) - timedelta(days=1)
    page.get_by_test_id("known-on").fill(yesterday.isoformat())
    expect(use.get_by_test_id("row-whole-electricity")).to_contain_text("to be completed")
    figure = restated.get_by_test_id("row-institution:office-electricity")
    expect(figure).to_contain_text("booked for the first time +")
    expect(figure).to_contain_text("kWh")
    page.get_by_test_id("known-on").fill("")
    expect(use.get_by_test_id("row-whole-electricity")).to_contain_text("Meter")


def test_an_auditor_orders_a_report_sees_it_done_takes_it_and_proves_it(open_page: OpenPage) -> None:
    page = open_page("/reports", AUDITOR)
    expect(page.get_by_test_id("report-period")).to_have_value(FULL)
    page.get_by_test_id("order").click()
    row = page.get_by_test_id("orders").get_by_role("row").nth(1)
    expect(row).to_contain_text("done", timeout=30_000)
    row.get_by_role("link").first.click()
    expect(page.get_by_test_id("order-facts")).to_contain_text("iB")
    with page.expect_download() as taken:
        page.get_by_test_id("download").click()
    content = taken.value.path().read_bytes()
    page.get_by_test_id("verify").click()
    expect(page.get_by_test_id("verdict")).to_contain_text("Intact")
    expect(page.get_by_test_id("verify-command")).to_have_text(
        f"xietong verify {taken.value.suggested_filename} --key {PUBLIC_KEY}"
    )
    figures = page.get_by_test_id("figures")
    expect(figures).to_contain_text("Comprehensive energy")
    _choose_section(page, "Institution and buildings")
    expect(figures).to_contain_text("to be completed")
    _prove(content)


def test_the_evaluation_opens_to_the_inputs_of_an_indicator(open_page: OpenPage) -> None:
    page = open_page("/evaluation", AUDITOR)
    cell = page.get_by_test_id("score-energy-green")
    expect(cell).to_contain_text("!")
    expect(page.get_by_test_id("conflicts")).to_contain_text("needs arbitration")
    expect(page.get_by_test_id("synergy-figures")).to_contain_text("θ")
    expect(page.get_by_test_id("coupling-why")).to_contain_text("coordination D = √(C·T)")
    expect(page.get_by_test_id("benchmark")).to_contain_text("no rank below 10")
    cell.click()
    expect(page.get_by_test_id("chosen-cell")).to_contain_text("Green")
    page.get_by_test_id("indicators").get_by_test_id("row-energy_per_m2").click()
    opened = page.get_by_test_id("indicator")
    expect(opened.get_by_test_id("why")).to_contain_text("kgce on 21900.0 square metres")
    expect(opened.get_by_test_id("inputs")).to_contain_text("Electricity Meter")
    expect(opened.get_by_test_id("facts")).to_contain_text("targets-2026")


def test_the_pages_speak_chinese_and_refuse_whoever_has_no_business_there(open_page: OpenPage) -> None:
    page = open_page("/evaluation", AUDITOR, locale="zh-CN")
    expect(page.get_by_test_id("score-matrix")).to_contain_text("熵权")
    page.goto(page.url.replace("/evaluation", "/energy"))
    expect(page.get_by_test_id("tile-energy")).to_contain_text("当量值")
    expect(page.get_by_test_id("new-tariff")).to_have_count(0)
    staff = open_page("/reports", STAFF)
    expect(staff.locator(".xt-empty-code")).to_have_text("403")
    stranger = open_page("/reports/no-such-order", STRANGER)
    expect(stranger.locator(".xt-empty-code")).to_have_text("404")


def _number(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text))


def _choose_section(page: Page, title: str) -> None:
    page.get_by_test_id("section").click()
    page.get_by_role("option", name=title).click()


def _prove(content: bytes) -> None:
    """Accepted as it is; a changed byte is refused by the name of the file that it lies in."""
    assert verify_package(content, PUBLIC_KEY).is_intact
    place = content.index(b"electricity", content.index(b"energy_use.csv"))
    forged = content[:place] + b"E" + content[place + 1 :]
    faults = verify_package(forged, PUBLIC_KEY).faults
    assert "energy_use.csv" in {fault.file for fault in faults}
    assert any(fault.row is not None for fault in faults if fault.file == "energy_use.csv")
