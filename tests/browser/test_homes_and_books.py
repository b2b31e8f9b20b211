"""Homes, books, the institution and the survey in a real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cloud.core.department import load_departments
from cloud.evaluation.indicator import load_indicators
from foundation.texts import LANGUAGES, Language, load_texts
from tests.browser.conftest import ConsoleServer, OpenPage
from tests.browser.furnish_homes import ADMINISTRATOR, AUDITOR, HEADS, OFFICER, STAFF

pytestmark = [pytest.mark.server, pytest.mark.slow]

TITLES = "Equipment,Name,Type,Building,Inspected on,Due on\n"
LIFT = "lift-1,Lift,lift,home-hall,2026-01-10,2027-01-10\n"
MISTAKEN = f"{TITLES}{LIFT}boiler-1,Boiler,boiler,home-hall,2026-02-31,2027-02-28\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_head_of_each_of_the_eight_departments_sees_a_home_of_its_own(
    open_page: OpenPage, console: ConsoleServer, language: Language
) -> None:
    texts, seen, page = load_texts(), set[str](), open_page("/sign-in", locale=language)
    for department in load_departments().all():
        page.goto(f"{console.address}/home?token={HEADS[department.id]}")
        expect(page.get_by_test_id("home-of")).to_have_text(department.name[language])
        table = page.get_by_test_id("order-parameters")
        own = [one for one in load_indicators().values() if one.department == department.id]
        assert len(own) >= 2
        for indicator in own:
            expect(table).to_contain_text(texts(f"evaluation.indicator.{indicator.indicator_id}.name", language))
        expect(table.locator("tbody tr")).to_have_count(len(own))
        seen.add(table.inner_text() + page.get_by_test_id("belongings").inner_text())
    assert len(seen) == len(HEADS)


def test_an_order_parameter_opens_to_its_sentence_and_a_grant_waits_for_its_owner(open_page: OpenPage) -> None:
    page = open_page("/home", HEADS["safety"])
    page.get_by_text("Equipment with inspection in date").click()
    card = page.get_by_test_id("order-parameter")
    expect(card.get_by_test_id("why")).to_have_text(
        "6 of 20 pieces of equipment overdue for inspection: 91.0 % in date"
    )
    expect(card.get_by_test_id("facts")).to_contain_text("0.70 (0.55)")
    expect(card.get_by_test_id("inputs")).to_contain_text("overdue")
    expect(page.get_by_test_id("mine-grants-number")).to_have_text("0")
    owner = open_page("/home", HEADS["finance"])
    expect(owner.get_by_test_id("mine-grants-number")).to_have_text("1")
    expect(owner.get_by_test_id("my-grants")).to_contain_text("Contracts")


def test_the_officers_home_holds_the_power_against_its_forecast(open_page: OpenPage) -> None:
    page = open_page("/home", OFFICER)
    table = page.get_by_test_id("power-forecast")
    expect(table.locator("tbody tr")).to_have_count(3)
    expect(table).to_contain_text("66.6 – 81.4 kW")
    table.get_by_text("Office building A").click()
    expect(page.get_by_test_id("forecast-reason")).to_contain_text("74.0 kW on average")
    expect(page.get_by_test_id("my-breaches").get_by_test_id("approve")).to_be_visible()
    expect(page.locator("[data-testid=forecast-chart] canvas")).to_be_visible()


def test_staff_have_services_and_no_panel_of_a_department(open_page: OpenPage) -> None:
    page = open_page("/home", STAFF)
    expect(page.get_by_test_id("home-of")).to_have_text("Staff · Finance")
    expect(page.get_by_test_id("loop-risk")).to_have_text("0")
    expect(page.get_by_test_id("card-glance")).to_have_count(0)
    expect(page.get_by_test_id("card-books")).to_have_count(0)
    page.get_by_test_id("file-repair").click()
    expect(page.get_by_test_id("request-form").get_by_test_id("input-trouble")).to_be_visible()


def test_a_file_with_a_mistake_enters_nothing_and_a_good_one_what_was_checked(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/records", ADMINISTRATOR)
    page.goto(f"{console.address}/records?kind=equipment")
    expect(page.get_by_test_id("record-count")).to_have_text("0 of 0 rows")
    page.get_by_test_id("book-part").get_by_text("Hand in a file").click()
    with page.expect_download() as download:
        page.get_by_test_id("template").click()
    assert download.value.suggested_filename == "equipment.xlsx"

    _hand_in(page, "equipment.csv", MISTAKEN)
    expect(page.get_by_test_id("import-step")).to_have_text("equipment.csv has mistakes; nothing was entered")
    mistake = page.get_by_test_id("mistakes").locator("tbody tr")
    expect(mistake).to_have_count(1)
    expect(mistake).to_contain_text("2026-02-31 is not a day")
    assert mistake.locator("td").nth(2).inner_text() == "3"
    assert mistake.locator("td").nth(3).inner_text() == "Inspected on"
    expect(page.get_by_test_id("enter-records")).to_have_count(0)
    assert _imports(console) == []

    _hand_in(page, "equipment.csv", TITLES + LIFT)
    expect(page.get_by_test_id("preview")).to_contain_text("Home hall")
    assert _imports(console) == []
    page.get_by_test_id("enter-records").click()
    expect(page.get_by_test_id("import-step")).to_have_text("equipment.csv is entered")
    assert [one["detail"]["rows"] for one in _imports(console)] == [1]
    page.get_by_test_id("book-part").get_by_text("Rows").click()
    expect(page.get_by_test_id("record-rows")).to_contain_text("lift-1")
    page.get_by_test_id("record-filter").fill("nothing of the kind")
    expect(page.get_by_test_id("record-count")).to_have_text("0 of 1 rows")


def test_who_may_not_import_or_write_finds_no_door_to_it(open_page: OpenPage) -> None:
    page = open_page("/records", AUDITOR)
    expect(page.get_by_test_id("book-part")).to_be_visible()
    expect(page.get_by_text("Hand in a file")).to_have_count(0)
    page.goto(page.url.replace("/records", "/institution"))
    expect(page.get_by_test_id("part-institution")).to_be_visible()
    expect(page.get_by_test_id("new-entry")).to_have_count(0)
    expect(page.get_by_test_id("institution-file")).to_have_count(0)
    staff = open_page("/records", STAFF)
    expect(staff.get_by_text("Your role does not permit this page.")).to_be_visible()


def test_the_administrator_completes_a_building(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page("/home", ADMINISTRATOR)
    expect(page.get_by_test_id("to-complete")).to_contain_text("energy per square metre cannot be told")
    page.get_by_test_id("to-complete").get_by_role("link").first.click()
    table = page.get_by_test_id("part-buildings")
    expect(table.get_by_text("To be completed")).to_have_count(2)
    table.get_by_text("Home hall").click()
    form = page.get_by_test_id("institution-form")
    form.get_by_test_id("input-area_m2").fill("-5")
    form.get_by_test_id("save-entry").click()
    expect(form.get_by_test_id("institution-problem")).to_contain_text("Area (m2): -5")
    form.get_by_test_id("input-area_m2").fill("4200")
    form.get_by_test_id("save-entry").click()
    expect(form).to_be_hidden()
    expect(table).to_contain_text("4,200")
    expect(table.get_by_text("To be completed")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_test_id("fetch-workbook").click()
    path = download.value.path()
    page.get_by_test_id("institution-file").locator("input[type=file]").set_input_files(
        {"name": "office.xlsx", "mimeType": "application/octet-stream", "buffer": path.read_bytes()}
    )
    expect(page.get_by_test_id("workbook-facts")).to_contain_text("1 → 1")
    page.get_by_test_id("enter-workbook").click()
    expect(page.get_by_test_id("workbook-entered")).to_be_visible()
    actions = [one["action"] for one in console.state()["audit"] if one["actor"] == "home-administrator"]
    assert actions[:2] == ["institution.import", "institution.save"]


def test_staff_answer_the_survey_and_see_what_they_said(open_page: OpenPage) -> None:
    page = open_page("/survey", STAFF)
    expect(page.get_by_test_id("survey-finance")).to_contain_text("your own, not counted")
    for department, score in (("energy", "4"), ("finance", "5")):
        page.get_by_test_id(f"score-{department}-service").click()
        page.get_by_role("option", name=score, exact=True).click()
    page.get_by_test_id("comment-energy").fill("The corridor is lit all night")
    page.get_by_test_id("send-survey").click()
    expect(page.get_by_text("the scores of 2 departments are booked")).to_be_visible()
    expect(page.get_by_test_id("survey-energy")).to_contain_text("answered")
    page.reload()
    expect(page.get_by_test_id("comment-energy")).to_have_value("The corridor is lit all night")
    page.goto(page.url.replace("/survey", "/home"))
    expect(page.get_by_test_id("survey")).to_contain_text("2 of 8 departments answered")


def _hand_in(page: Page, name: str, content: str) -> None:
    file: Any = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_test_id("record-file").locator("input[type=file]").set_input_files(file)


def _imports(console: ConsoleServer) -> list[dict[str, Any]]:
    return [one for one in console.state()["audit"] if one["action"] == "record.import"]
