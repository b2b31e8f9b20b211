"""Three views of the same rows, and the public's tables: nobody sees more than their level, nothing can be derived."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cloud.core.calendar import day_start_ms
from cloud.services.anonymity import Contribution, Hidden, PublicTable, publish, published_span, span_text
from cloud.services.catalogue import load_services
from cloud.services.masks import masked
from cloud.services.views import (
    Audience,
    Clearance,
    FieldLevel,
    levels_of_records,
    levels_of_service,
    load_field_levels,
    view_of,
)

RULES = load_field_levels().public
LEVELS = {
    "open": FieldLevel(level="L1"),
    "internal": FieldLevel(level="L2"),
    "own": FieldLevel(level="L3"),
    "plate": FieldLevel(level="L4", mask="plate"),
    "grade": FieldLevel(level="L4"),
    "secret": FieldLevel(level="L5", mask="plate"),
}
ROW = {"open": 1, "internal": 2, "own": 3, "plate": "浙A12345", "grade": "x", "secret": "s", "unheard_of": 9}
OWN = Clearance(frozenset({"vehicle"}))
HEAD = Clearance(frozenset({"vehicle"}), frozenset({"vehicle"}))


@pytest.mark.parametrize(
    ("audience", "clearance", "seen"),
    [
        (Audience.STAFF, Clearance(), {"open": 1, "internal": 2, "plate": "浙A***45"}),
        (Audience.STAFF, OWN, {"open": 1, "internal": 2, "own": 3, "plate": "浙A***45"}),
        (Audience.STAFF, HEAD, {"open": 1, "internal": 2, "own": 3, "plate": "浙A12345", "grade": "x"}),
        (Audience.SUPERIOR, HEAD, {"open": 1, "internal": 2}),
        (Audience.PUBLIC, HEAD, {"open": 1}),
    ],
)
def test_each_audience_sees_the_fields_of_its_level(
    audience: Audience, clearance: Clearance, seen: dict[str, Any]
) -> None:
    assert view_of([ROW], LEVELS, audience, owner="vehicle", clearance=clearance) == [seen]


def test_clearance_for_one_department_opens_nothing_of_another() -> None:
    [seen] = view_of([ROW], LEVELS, Audience.STAFF, owner="finance", clearance=HEAD)
    assert seen == {"open": 1, "internal": 2, "plate": "浙A***45"}


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("plate", "浙A12345", "浙A***45"),
        ("plate", "浙AD12345", "浙A****45"),
        ("plate", "浙A45", "****"),
        ("phone", "13912345678", "139****5678"),
        ("phone", "1391234", "*******"),
        ("name", "王小明", "王**"),
        ("name", "王", "*"),
        ("name", " ", ""),
    ],
)
def test_a_mask_shows_its_ends_and_always_hides_something(kind: str, value: str, shown: str) -> None:
    assert masked(kind, value) == shown


@given(st.sampled_from(["plate", "phone", "name"]), st.text(min_size=1, max_size=12))
def test_no_mask_lets_a_whole_value_through(kind: str, value: str) -> None:
    assume(value.strip() and "*" not in value)
    assert masked(kind, value) != value.strip()
    assert len(masked(kind, value)) == len(value.strip())


def test_what_is_no_text_is_hidden_and_not_masked() -> None:
    assert view_of([{"plate": 12345}], LEVELS, Audience.STAFF) == [{"plate": None}]


def test_no_field_of_a_record_or_request_about_a_person_reaches_superior_or_public() -> None:
    for levels in (levels_of_records("vehicle_order"), levels_of_records("room"), levels_of_records("vehicle_book")):
        row = dict.fromkeys(levels, "value")
        personal = {name for name, field in levels.items() if field.level == "L4"}
        assert personal
        for audience in (Audience.SUPERIOR, Audience.PUBLIC):
            [seen] = view_of([row], levels, audience)
            assert not personal & set(seen)
    visitor = levels_of_service(load_services()["visitor"])
    [seen] = view_of([dict.fromkeys(visitor, "王小明王小明王小明")], visitor, Audience.STAFF)
    assert seen["visitor"] == "王********"


def counted(**cells: int) -> list[Contribution]:
    return [Contribution(cell, f"{cell}-{number}") for cell, count in cells.items() for number in range(count)]


def table(names: str, contributions: list[Contribution], **named: int) -> PublicTable:
    return publish(contributions, names.split(), RULES, **named)


def shown(of: PublicTable) -> dict[str, int | None]:
    return {name: cell.value for name, cell in of.cells.items()}


def test_cells_of_five_contributors_are_rounded_to_five() -> None:
    found = table("a b", counted(a=5, b=13))
    assert (shown(found), found.total) == ({"a": 5, "b": 15}, 20)


def test_a_cell_of_four_and_an_empty_one_look_alike() -> None:
    found = table("a b c", counted(a=4, c=40))
    assert shown(found) == {"a": None, "b": None, "c": None}
    assert found.cells["a"] == found.cells["b"]


def test_one_contributor_of_many_entries_counts_once() -> None:
    again = [Contribution("a", "li") for _ in range(50)]
    assert table("a", again).cells["a"].hidden is Hidden.FEW


def test_a_cell_that_one_contributor_dominates_is_hidden() -> None:
    fair = [*counted(a=9), Contribution("a", "big", 21)]
    assert table("a", fair).cells["a"].value == 30
    unfair = [*counted(a=9), Contribution("a", "big", 22)]
    found = table("a", unfair)
    assert (found.cells["a"].hidden, found.total) == (Hidden.DOMINATED, None)


def test_a_single_small_cell_takes_the_smallest_other_with_it() -> None:
    found = table("a b c", counted(a=3, b=10, c=40))
    assert shown(found) == {"a": None, "b": None, "c": 40}
    assert found.cells["b"].hidden is Hidden.DERIVABLE
    assert found.total == 55


def test_trips_need_ten_and_answers_twenty() -> None:
    assert table("a", counted(a=9), least=RULES.least_trips).cells["a"].value is None
    assert table("a", counted(a=10), least=RULES.least_trips).cells["a"].value == 10
    assert table("a", counted(a=19), least=RULES.least_answers).cells["a"].value is None


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 60)), st.integers(0, 40))
def test_nobody_finds_a_hidden_cell_by_taking_the_shown_ones_from_the_total(sizes: dict[str, int], big: int) -> None:
    """The differencing attack: total minus everything shown is never one small or dominated cell alone."""
    contributions = [*counted(**sizes), *([Contribution("a", "big", float(big))] if big else [])]
    found = publish(contributions, "abcdef", RULES)
    hidden = [name for name, cell in found.cells.items() if cell.value is None]
    left = [one for one in contributions if one.cell in hidden]
    assert all(cell.value is None or cell.value % RULES.round_to == 0 for cell in found.cells.values())
    for name, cell in found.cells.items():
        mine = [one for one in contributions if one.cell == name]
        if cell.value is not None:
            assert len({one.contributor for one in mine}) >= RULES.least
            assert max(one.amount for one in mine) <= RULES.most_share * sum(one.amount for one in mine)
    if found.total is None or not left:
        return
    assert len({one.cell for one in left}) >= 2
    assert len({one.contributor for one in left}) >= RULES.least


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 60), min_size=1))
def test_what_is_shown_lies_within_half_a_step_of_the_truth(sizes: dict[str, int]) -> None:
    found = publish(counted(**sizes), "abcdef", RULES)
    for name, cell in found.cells.items():
        assert cell.value is None or abs(cell.value - sizes.get(name, 0)) <= RULES.round_to / 2


@pytest.mark.parametrize(
    ("today", "span"),
    [
        (date(2026, 10, 30), "2025-09-01/2026-08-31"),
        (date(2026, 10, 31), "2025-10-01/2026-09-30"),
        (date(2026, 11, 1), "2025-10-01/2026-09-30"),
        (date(2026, 1, 5), "2024-12-01/2025-11-30"),
    ],
)
def test_whole_months_are_published_once_they_are_over_for_thirty_days(today: date, span: str) -> None:
    assert span_text(*published_span(day_start_ms(today), RULES)) == span
