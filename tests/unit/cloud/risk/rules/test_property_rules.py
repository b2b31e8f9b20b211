"""Rooms, assets, equipment and bookings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cloud.records.record import Record
from cloud.risk.rules.area_over import RULE as AREA_OVER
from cloud.risk.rules.count_mismatch import RULE as COUNT_MISMATCH
from cloud.risk.rules.disposal_unapproved import RULE as DISPOSAL_UNAPPROVED
from cloud.risk.rules.double_booking import RULE as DOUBLE_BOOKING
from cloud.risk.rules.equipment_due import RULE as EQUIPMENT_DUE
from cloud.risk.rules.idle import RULE as IDLE
from cloud.risk.rules.inspection_overdue import RULE as INSPECTION_OVERDUE
from cloud.risk.rules.room_kept import RULE as ROOM_KEPT
from tests.support.office_books import TODAY, OfficeBooks, at_ms, record


def room(number: str = "301", **values: Any) -> Record:
    return record("room", **{"room": number, "building": "building-a", "area_m2": 18.0, "use": "office", **values})


def asset(number: str = "A-1", **values: Any) -> Record:
    given = {"name": "复印机", "category": "office", "department": "finance", "value": 500_000, "state": "in_use"}
    return record("asset", asset=number, **{"acquired_on": TODAY - timedelta(1000), **given, **values})


@pytest.mark.parametrize(("area_m2", "seen"), [(19.0, 1), (18.9, 0)])
def test_an_office_more_than_a_twentieth_above_the_standard_is_seen(
    books: OfficeBooks, area_m2: float, seen: int
) -> None:
    books.enter(room(area_m2=area_m2, grade="section_head", persons=1))
    found = books.examine(AREA_OVER)
    assert [(one.subject, one.data["allowed_m2"]) for one in found] == [("room:301", 18.0)] * seen
    assert AREA_OVER.is_restricted


@pytest.mark.parametrize(
    "values", [{"grade": None}, {"persons": None}, {"persons": 0}, {"use": "meeting"}, {"approval": "房〔2026〕1号"}]
)
def test_an_office_of_which_too_little_is_known_or_that_is_approved_is_not(
    books: OfficeBooks, values: dict[str, Any]
) -> None:
    books.enter(room(**{"area_m2": 99.0, "grade": "below", "persons": 1, **values}))
    assert books.examine(AREA_OVER) == []


def test_people_who_share_an_office_share_its_area(books: OfficeBooks) -> None:
    books.enter(room(area_m2=28.0, grade="below", persons=3))
    assert books.examine(AREA_OVER) == []


@pytest.mark.parametrize(("days", "seen"), [(31, 1), (30, 0)])
def test_a_room_kept_more_than_thirty_days_is_seen(books: OfficeBooks, days: int, seen: int) -> None:
    books.enter(room(left_on=TODAY - timedelta(days)))
    found = books.examine(ROOM_KEPT)
    assert [one.data for one in found] == [{"days": 31, "limit_days": 30}] * seen
    assert ROOM_KEPT.is_restricted


@pytest.mark.parametrize("values", [{"returned_on": TODAY - timedelta(80)}, {"approval": "房〔2026〕1号"}])
def test_a_room_given_back_or_approved_is_not(books: OfficeBooks, values: dict[str, Any]) -> None:
    books.enter(room(left_on=TODAY - timedelta(90), **values))
    assert books.examine(ROOM_KEPT) == []


def test_a_room_given_back_by_an_earlier_user_is_still_kept_by_the_later(books: OfficeBooks) -> None:
    books.enter(room(left_on=TODAY - timedelta(90), returned_on=TODAY - timedelta(400)))
    assert len(books.examine(ROOM_KEPT)) == 1


def test_overdue_inspections_of_a_building_are_told_together(books: OfficeBooks) -> None:
    due = [room(str(days), inspection_due_on=TODAY - timedelta(days)) for days in (30, 31, 47)]
    done = room("1", inspection_due_on=TODAY - timedelta(60), inspected_on=TODAY - timedelta(50))
    books.enter(*due, done, room("2"))
    [seen] = books.examine(INSPECTION_OVERDUE)
    assert (seen.subject, seen.data["rooms"], seen.data["days"]) == ("building:building-a", "31, 47", 47)


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ({"last_used_on": TODAY - timedelta(181)}, 1),
        ({"last_used_on": TODAY - timedelta(180)}, 0),
        ({"last_used_on": TODAY - timedelta(181), "value": 100_000}, 1),
        ({"last_used_on": TODAY - timedelta(181), "value": 99_999}, 0),
        ({"state": "idle"}, 1),
        ({"state": "idle", "acquired_on": TODAY - timedelta(180)}, 0),
        ({"state": "repair", "last_used_on": TODAY - timedelta(181)}, 0),
        ({}, 0),
    ],
)
def test_an_asset_of_value_unused_for_half_a_year_is_idle(
    books: OfficeBooks, values: dict[str, Any], seen: int
) -> None:
    books.enter(asset(**values))
    assert [one.subject for one in books.examine(IDLE)] == ["department:finance"] * seen


def test_idle_assets_of_a_department_are_one_matter_with_a_list(books: OfficeBooks) -> None:
    idle = [asset(f"A-{number:02}", state="idle") for number in range(1, 13)]
    books.enter(*idle, asset("B-1", state="idle", department="safety"))
    seen = {one.subject: one.data for one in books.examine(IDLE)}
    assert set(seen) == {"department:finance", "department:safety"}
    assert seen["department:finance"]["value_yuan"] == 60_000
    assert seen["department:finance"]["assets"].endswith("A-10 … (+2)")


def test_idle_assets_stay_the_same_matter_until_the_list_changes(books: OfficeBooks) -> None:
    books.enter(asset("A-1", state="idle"))
    [first] = books.examine(IDLE)
    [later] = replace(books, now_ms=books.now_ms + 5 * 86_400_000).examine(IDLE)
    books.enter(asset("A-2", state="idle"))
    [more] = books.examine(IDLE)
    assert first.evidence == later.evidence != more.evidence


COUNTED = {"counted_on": TODAY - timedelta(100)}


@pytest.mark.parametrize(
    ("values", "missing", "elsewhere"),
    [
        ({}, 1, 0),
        ({"counted_on": TODAY - timedelta(161)}, 1, 0),
        ({"counted_on": TODAY - timedelta(160)}, 0, 0),
        ({"acquired_on": TODAY - timedelta(50)}, 0, 0),
        ({**COUNTED, "room": "301", "counted_room": "305"}, 0, 1),
        ({**COUNTED, "room": "301", "counted_room": "301"}, 0, 0),
        ({**COUNTED, "room": "301"}, 0, 0),
        ({"state": "disposed"}, 0, 0),
    ],
)
def test_what_a_count_missed_or_found_elsewhere_is_seen(
    books: OfficeBooks, values: dict[str, Any], missing: int, elsewhere: int
) -> None:
    books.enter(asset("A-1", **COUNTED), asset("A-2", **values))
    found = [(one.data["missing"], one.data["elsewhere"]) for one in books.examine(COUNT_MISMATCH)]
    assert found == ([(missing, elsewhere)] if missing or elsewhere else [])


@pytest.mark.parametrize(("days", "seen"), [(367, 1), (366, 0)])
def test_a_count_is_due_every_year(books: OfficeBooks, days: int, seen: int) -> None:
    books.enter(asset(counted_on=TODAY - timedelta(days)))
    assert [one.data["days"] for one in books.examine(COUNT_MISMATCH)] == [days] * seen


def test_a_department_that_never_counted_owes_one_a_year_after_its_first_asset(books: OfficeBooks) -> None:
    books.enter(asset(acquired_on=TODAY - timedelta(300)))
    assert books.examine(COUNT_MISMATCH) == []
    books.enter(asset("A-2"))
    assert [one.data["counted_on"] for one in books.examine(COUNT_MISMATCH)] == ["—"]


def test_a_disposal_needs_an_approval(books: OfficeBooks) -> None:
    books.enter(asset("A-1", state="disposed", disposal_approval="资处〔2026〕3号"), asset("A-2"))
    assert books.examine(DISPOSAL_UNAPPROVED) == []
    books.enter(asset("A-3", state="disposed", disposal_approval=" "))
    [seen] = books.examine(DISPOSAL_UNAPPROVED)
    assert (seen.subject, seen.data["assets"]) == ("department:finance", "A-3")


def equipment(number: str, days: int, **values: Any) -> Record:
    given = {"name": "电梯", "type": "lift", "building": "building-a", **values}
    return record("equipment", equipment=number, due_on=TODAY + timedelta(days), **given)


@pytest.mark.parametrize(("days", "severity"), [(30, 2), (31, None), (0, 2), (-1, 3)])
def test_equipment_is_told_a_month_ahead_and_louder_once_past(
    books: OfficeBooks, days: int, severity: int | None
) -> None:
    books.enter(equipment("E-1", days))
    assert [one.severity for one in books.examine(EQUIPMENT_DUE)] == ([] if severity is None else [severity])


def test_equipment_of_a_building_is_told_together(books: OfficeBooks) -> None:
    books.enter(equipment("E-1", 10), equipment("E-2", -5), equipment("E-3", 5, building=None))
    seen = {one.subject: (one.data["count"], one.data["past"]) for one in books.examine(EQUIPMENT_DUE)}
    assert seen == {"building:building-a": (2, 1), "asset:E-3": (1, 0)}


def booking(number: str, begins: int, ends: int, **values: Any) -> Record:
    given = {"room": "m-1", "department": "finance", "approved": True, **values}
    return record("booking", booking=number, begins_at=at_ms(TODAY, begins), ends_at=at_ms(TODAY, ends), **given)


@pytest.mark.parametrize(
    ("second", "seen"),
    [
        (booking("B-2", 13, 15), 1),
        (booking("B-2", 14, 15), 0),
        (booking("B-2", 13, 15, approved=False), 0),
        (booking("B-2", 13, 15, room="m-2"), 0),
    ],
)
def test_two_approved_bookings_of_a_room_may_touch_but_not_overlap(
    books: OfficeBooks, second: Record, seen: int
) -> None:
    books.enter(booking("B-1", 10, 14), second)
    found = books.examine(DOUBLE_BOOKING)
    assert [(one.subject, one.data["from"]) for one in found] == [("room:m-1", "2026-09-24 13:00")] * seen


def test_a_short_meeting_within_a_long_one_does_not_hide_the_next_clash(books: OfficeBooks) -> None:
    books.enter(booking("B-1", 10, 18), booking("B-2", 11, 12), booking("B-3", 13, 14))
    assert [one.data["clashes"] for one in books.examine(DOUBLE_BOOKING)] == [2]


def test_a_clash_that_is_over_needs_nobody(books: OfficeBooks) -> None:
    books.enter(booking("B-1", 10, 14), booking("B-2", 13, 15))
    assert replace(books, now_ms=at_ms(TODAY, 14)).examine(DOUBLE_BOOKING) == []
