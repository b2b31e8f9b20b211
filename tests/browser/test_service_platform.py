"""The service platform in a real Chromium: requests, bookings, joint cases, shared data, and what strangers see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from cloud.core.calendar import LOCAL
from tests.browser.conftest import ConsoleServer, OpenPage
from tests.browser.furnish_service import (
    AUDITOR,
    CASE_TITLE,
    COLLEAGUE,
    DISPATCHER,
    HEADS,
    OFFICE,
    STAFF,
)

pytestmark = [pytest.mark.server, pytest.mark.slow]

PUBLIC = f"/public?institution={OFFICE}"


def test_staff_file_a_repair_the_head_does_it_staff_confirm_and_rate(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/requests", STAFF)
    form = _new_request(page, "repair")
    form.get_by_test_id("file-request").click()
    expect(form.get_by_test_id("request-problem")).to_have_text("say what it is about")
    _choose(page, form, "input-subject", "Public hall")
    form.get_by_test_id("file-request").click()
    expect(form.get_by_test_id("request-problem")).to_contain_text("Kind of fault")
    _choose(page, form, "input-trouble", "Water and drains")
    form.get_by_test_id("input-description").fill("The tap of the kitchen drips")
    form.get_by_test_id("file-request").click()
    expect(form).to_be_hidden()
    mine = _row(page, "requests", "Water and drains")
    expect(mine).to_contain_text("Public hall")
    expect(mine).to_contain_text("due in")
    expect(page.get_by_test_id("tile-mine-number")).to_have_text("1")
    expect(_row(page, "requests", "Lift")).to_have_count(0)

    head = open_page("/requests", HEADS["real_estate"])
    expect(head.get_by_test_id("tile-work-number")).to_have_text("2")
    _row(head, "requests", "Water and drains").get_by_role("link").click()
    expect(head.get_by_test_id("request-why")).to_contain_text("Li-wei asked on")
    for action, state in (("accept", "accepted"), ("assign", "assigned"), ("start", "in progress"), ("finish", "done")):
        head.get_by_test_id(f"act-{action}").click()
        dialog = head.get_by_test_id("ask")
        if action == "assign":
            dialog.get_by_test_id("input-assignee").fill("plumber Chen")
        if action in ("assign", "finish"):
            dialog.get_by_test_id("ask-confirm").click()
        expect(head.get_by_test_id("request-state")).to_have_text(state)
    expect(head.get_by_test_id("request-facts")).to_contain_text("plumber Chen")
    expect(head.get_by_test_id("stars")).to_have_count(0)

    mine.get_by_role("link").click()
    page.get_by_test_id("act-confirm").click()
    expect(page.get_by_test_id("request-state")).to_have_text("confirmed")
    page.get_by_test_id("stars").locator("i").nth(3).click()
    page.get_by_test_id("rating-comment").fill("quick and clean")
    page.get_by_test_id("send-rating").click()
    expect(page.get_by_test_id("request-life")).to_contain_text("4 of 5 · quick and clean")
    expect(page.get_by_test_id("stars")).to_have_count(0)
    steps = [entry["action"] for entry in reversed(_audit(console, "request.")) if entry["actor"] != "colleague"]
    assert steps == [f"request.{one}" for one in ("file", "accept", "assign", "start", "finish", "confirm", "rate")]


def test_a_booking_of_what_is_taken_is_refused_in_the_form(open_page: OpenPage) -> None:
    first = open_page("/requests", STAFF)
    form = _new_request(first, "meeting_room")
    _book(first, form, hour=9, hours=2)
    form.get_by_test_id("file-request").click()
    expect(form).to_be_hidden()

    second = open_page("/requests", COLLEAGUE)
    form = _new_request(second, "meeting_room")
    _book(second, form, hour=10, hours=2)
    expect(form.get_by_test_id("taken")).to_contain_text("09:00–11:00")
    form.get_by_test_id("file-request").click()
    problem = form.get_by_test_id("request-problem")
    expect(problem).to_contain_text("Meeting room 1 is already booked at that time")
    expect(problem).to_contain_text("09:00–11:00")
    form.get_by_test_id("input-start").fill(_tomorrow(11))
    form.get_by_test_id("file-request").click()
    expect(form).to_be_hidden()


def test_a_request_is_shown_to_those_it_concerns_and_to_nobody_else(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/requests", DISPATCHER)
    _row(page, "requests", "Lift").get_by_role("link").click()
    expect(page.get_by_test_id("request-facts")).to_contain_text("The lift stops between floors")
    expect(page.get_by_test_id("request-facts")).not_to_contain_text("13812345678")
    expect(page.get_by_test_id("request-acts")).to_contain_text("nothing for you to do")
    address = page.url
    for token in (STAFF, HEADS["finance"]):
        other = open_page("/home", token)
        answer = other.goto(address)
        assert answer is not None
        assert answer.status == 404


def test_departments_speak_side_by_side_and_the_lead_closes(open_page: OpenPage, console: ConsoleServer) -> None:
    finance = open_page("/cases", HEADS["finance"])
    expect(finance.get_by_test_id("tile-mine-number")).to_have_text("1")
    _row(finance, "cases", CASE_TITLE).get_by_role("link").click()
    expect(finance.get_by_test_id("agree-energy")).to_have_count(0)
    finance.get_by_test_id("refuse-finance").click()
    dialog = finance.get_by_test_id("ask")
    dialog.get_by_test_id("ask-confirm").click()
    expect(finance.get_by_text("A reason is needed.")).to_be_visible()
    finance.get_by_test_id("refuse-finance").click()
    dialog.get_by_test_id("input-note").fill("not in this year's budget")
    dialog.get_by_test_id("ask-confirm").click()
    expect(finance.get_by_test_id("word-finance")).to_contain_text("not in this year's budget")
    expect(finance.get_by_test_id("close-case")).to_have_count(0)

    lead = open_page("/cases", HEADS["energy"])
    _row(lead, "cases", CASE_TITLE).get_by_role("link").click()
    expect(lead.get_by_test_id("case-state")).to_have_text("refused")
    lead.get_by_test_id("close-case").click()
    dialog = lead.get_by_test_id("ask")
    dialog.get_by_test_id("input-note").fill("postponed to next year")
    dialog.get_by_test_id("ask-confirm").click()
    expect(lead.get_by_test_id("case-state")).to_have_text("closed")
    expect(lead.get_by_test_id("case")).to_contain_text("postponed to next year")
    answer = open_page("/home", HEADS["real_estate"]).goto(lead.url)
    assert answer is not None
    assert answer.status == 404


def test_a_head_opens_a_joint_case(open_page: OpenPage) -> None:
    page = open_page("/cases", HEADS["general"])
    page.get_by_test_id("new-case").click()
    form = page.get_by_test_id("case-form")
    form.get_by_test_id("input-title").fill("Queue in the hall")
    _choose(page, form, "input-subject", "Public hall")
    form.get_by_test_id("open-case").click()
    expect(form.get_by_test_id("case-problem")).to_have_text("a joint case needs at least two departments")
    _choose_among(page, form, "input-departments", "Real estate")
    form.get_by_test_id("open-case").click()
    row = _row(page, "cases", "Queue in the hall")
    expect(row).to_contain_text("Real estate")
    expect(row).to_contain_text("waiting for words")


def test_a_head_asks_for_data_the_owner_grants_and_the_use_is_counted(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page("/datasets", HEADS["energy"])
    rooms = page.get_by_test_id("row-room")
    rooms.get_by_test_id("ask").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_test_id("input-purpose").fill("energy per square metre")
    dialog.get_by_test_id("ask-confirm").click()
    expect(rooms).to_contain_text("waits for the owner")

    owner = open_page("/datasets", HEADS["real_estate"])
    wish = _row(owner, "to-decide", "energy per square metre")
    wish.get_by_test_id("grant").click()
    owner.get_by_test_id("input-days").fill("30")
    owner.get_by_test_id("ask-confirm").click()
    expect(wish).to_have_count(0)

    rooms.get_by_test_id("open").click()
    rows = page.get_by_test_id("shared-rows")
    expect(rows).to_contain_text("h-101")
    expect(rows).to_contain_text("Public hall")
    expect(rows.get_by_test_id("withheld")).to_contain_text("Grade")
    expect(rows).not_to_contain_text("section_head")
    rows.get_by_test_id("close-rows").click()
    expect(_row(page, "grants", "energy per square metre")).to_contain_text("last ")
    assert [entry["actor"] for entry in _audit(console, "dataset.read")] == ["head-energy"]
    staff = open_page("/datasets", STAFF)
    expect(staff.get_by_test_id("datasets")).to_contain_text("Room")
    expect(staff.get_by_test_id("datasets").get_by_test_id("ask")).to_have_count(0)


def test_demands_are_ranked_with_one_sentence_of_evidence(open_page: OpenPage) -> None:
    page = open_page("/demand", AUDITOR)
    lift = _row(page, "demands", "Repair · Lift")
    expect(lift).to_contain_text("1 in twelve weeks")
    expect(lift).to_contain_text("to be completed: not rated")


def test_the_public_sees_the_disclosure_and_nothing_else(open_page: OpenPage, console: ConsoleServer) -> None:
    page = open_page(PUBLIC)
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("31,000.0")
    expect(notice).to_contain_text("Energy per square metre")
    expect(notice).to_contain_text("kgce/(m²·a)")
    expect(page.get_by_test_id("public-counts")).to_contain_text("fewer than 5")
    expect(page.locator(".xt-nav")).to_have_count(0)
    for path in ("/risks", "/requests", "/cases", "/datasets", "/home", "/records"):
        page.goto(f"{console.address}{path}")
        expect(page).to_have_url(f"{console.address}/sign-in" + (f"?next=%2F{path[1:]}" if path != "/home" else ""))
    for path in ("risks", "records", "requests", "cases", "datasets"):
        assert page.request.get(f"{console.address}/api/v1/{path}").status == 401
    page.goto(f"{console.address}/sign-in")
    page.get_by_role("link", name="For the public").click()
    page.get_by_role("link", name="Office of the Service Story").click()
    expect(page.get_by_test_id("notice")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_test_id("notice")).to_contain_text("人均综合能耗")


def test_a_stranger_asks_keeps_the_code_and_learns_what_became_of_it(
    open_page: OpenPage, console: ConsoleServer
) -> None:
    page = open_page(PUBLIC)
    form = page.get_by_test_id("public-form")
    _choose(page, form, "input-subject", "Public hall")
    form.get_by_test_id("send-public").click()
    expect(form.get_by_test_id("public-problem")).to_contain_text("Category")
    _choose(page, form, "input-category", "Access and parking")
    form.get_by_test_id("input-description").fill("The ramp is blocked by cars")
    form.get_by_test_id("send-public").click()
    reference = form.get_by_test_id("receipt-reference").inner_text()
    code = form.get_by_test_id("receipt-code").inner_text()

    state = page.get_by_test_id("public-state-form")
    state.get_by_test_id("input-reference").fill(reference)
    state.get_by_test_id("input-code").fill("WRONG")
    state.get_by_test_id("ask-state").click()
    expect(state.get_by_test_id("public-state")).to_contain_text("Not found")
    state.get_by_test_id("input-code").fill(code)
    state.get_by_test_id("ask-state").click()
    expect(state.get_by_test_id("public-state")).to_contain_text("is submitted")
    head = open_page("/requests", HEADS["general"])
    expect(_row(head, "requests", "Access and parking")).to_contain_text("the public")


def test_only_the_own_form_files_a_public_request_and_not_without_end(console: ConsoleServer) -> None:
    wanted = {"institution": OFFICE, "service": "suggestion", "subject": f"institution:{OFFICE}",
              "fields": {"about": "catering", "text": "More vegetables"}}  # fmt: skip
    address = f"{console.address}/public/requests"
    for site in ("cross-site", "same-site"):
        refused = httpx.post(address, json=wanted, headers={"Sec-Fetch-Site": site})
        assert refused.status_code == 403
    as_form = httpx.post(address, content=str(wanted), headers={"Content-Type": "text/plain"})
    assert as_form.status_code == 422
    own = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
    taken = httpx.post(address, json=wanted, headers=own)
    assert (taken.status_code, set(taken.json())) == (201, {"reference", "code"})
    answers = [httpx.post(address, json=wanted, headers=own) for _ in range(60)]
    assert answers[-1].status_code == 429
    assert answers[-1].json() == {"message": "too many requests; try again later"}


def _new_request(page: Page, service: str) -> Locator:
    page.get_by_test_id("new-request").click()
    form = page.get_by_test_id("request-form")
    form.get_by_test_id(f"service-{service}").click()
    return form


def _choose(page: Page, form: Locator, marker: str, option: str) -> None:
    form.get_by_test_id(marker).click()
    page.get_by_role("option", name=option, exact=True).click()


def _choose_among(page: Page, form: Locator, marker: str, option: str) -> None:
    """In a list of several the menu stays open after a choice; a click on the field's arrow closes it."""
    field = form.locator(".q-field", has=page.get_by_test_id(marker))
    arrow = field.locator(".q-select__dropdown-icon")
    arrow.click()
    choice = page.get_by_role("option", name=option, exact=True)
    expect(choice).to_be_visible()
    # While the menu fades in, a click on it counts as one outside and closes it; no hand is that quick.
    expect(page.locator(".q-menu[class*=-enter-]")).to_have_count(0)
    choice.click()
    expect(choice).to_have_attribute("aria-selected", "true")
    arrow.click()
    expect(choice).to_be_hidden()
    expect(field).to_contain_text(option)


def _book(page: Page, form: Locator, *, hour: int, hours: int) -> None:
    _choose(page, form, "input-subject", "Meeting room 1")
    form.get_by_test_id("input-start").fill(_tomorrow(hour))
    form.get_by_test_id("input-end").fill(_tomorrow(hour + hours))
    form.get_by_test_id("input-purpose").fill("Weekly meeting")
    form.get_by_test_id("input-persons").fill("8")


def _tomorrow(hour: int) -> str:
    """As an input for date and time takes it."""
    day = (datetime.now(UTC).astimezone(LOCAL) + timedelta(days=1)).date()
    return f"{day}T{hour:02d}:00"


def _row(page: Page, table: str, text: str) -> Locator:
    return page.get_by_test_id(table).locator("tbody tr", has_text=text)


def _audit(console: ConsoleServer, action: str) -> list[dict[str, Any]]:
    """Of the office of this story, newest first."""
    known = [entry for entry in console.state()["audit"] if entry["institution_id"] == OFFICE]
    return [entry for entry in known if entry["action"].startswith(action)]
