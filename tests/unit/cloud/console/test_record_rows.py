"""Records in words, what a filter leaves, pages, and files by their plain names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.console.components.file_drop import plain_name
from cloud.console.views.record_rows import PAGE_ROWS, NamesBySubject, cell_text, table_of_records, title_of
from cloud.records.kind import load_kinds
from cloud.records.record import FieldValue, Record
from foundation.texts import Language

KINDS = load_kinds()
NAMES: NamesBySubject = {"office": {"department:finance": {"zh-CN": "财务资金", "en": "Finance"}}}


def record(kind: str, name: str, start_ms: int = 0, **fields: FieldValue) -> Record:
    return Record("office", kind, name, KINDS[kind].department, "department:finance", start_ms, start_ms, fields)


@pytest.mark.parametrize(
    ("kind", "field", "value", "language", "text"),
    [
        ("invoice", "amount", 263_840, "en", "2,638.40"),
        ("invoice", "department", "finance", "zh-CN", "财务资金"),
        ("invoice", "department", "unknown", "en", "unknown"),
        ("invoice", "paid_on", None, "en", "—"),
        ("vehicle_order", "leaves_at", 1_767_225_600_000, "en", "2026-01-01 08:00"),
        ("vehicle_order", "approved", True, "zh-CN", "是"),
        ("vehicle_order", "approved", False, "en", "no"),
        ("vehicle_book", "energy", "petrol", "zh-CN", "汽油"),
        ("vehicle_book", "litres_per_100km", 8.25, "en", "8.25"),
        ("vehicle_book", "litres_per_100km", 1_234_567.5, "en", "1,234,567.5"),
    ],
)
def test_values_are_told_in_words(kind: str, field: str, value: FieldValue, language: Language, text: str) -> None:
    assert cell_text(value, KINDS[kind].fields[field], NAMES["office"], language) == text


def test_rows_come_newest_first_and_tell_which_fields_are_kept_back() -> None:
    kind = KINDS["vehicle_order"]
    shown = [name for name, field in kind.fields.items() if field.level != "L4"]
    rows = [record("vehicle_order", f"o{n}", n, **dict.fromkeys(shown[:1], f"v{n}")) for n in (1, 3, 2)]
    found = table_of_records(kind, rows, NAMES, "en")
    assert [one.record_id for one in found.records] == ["o3", "o2", "o1"]
    assert found.shown == (shown[0],)
    assert {"purpose", "destination"} <= set(found.hidden)


def test_a_book_without_rows_still_has_its_headings() -> None:
    found = table_of_records(KINDS["invoice"], [], {}, "en")
    assert found.shown == tuple(KINDS["invoice"].fields)
    assert (found.hidden, found.pages) == ((), 1)


@given(st.integers(0, 3 * PAGE_ROWS + 1))
def test_pages_hold_every_row_once(count: int) -> None:
    found = table_of_records(
        KINDS["invoice"], [record("invoice", f"{n:04}", n, invoice=str(n)) for n in range(count)], {}, "en"
    )
    pages = [found.page(number) for number in range(found.pages)]
    assert [row for page in pages for row in page] == list(found.rows)
    assert all(len(page) <= PAGE_ROWS for page in pages)


def test_a_filter_leaves_rows_that_hold_the_text_in_any_case() -> None:
    rows = [record("invoice", name, supplier=name) for name in ("Alpha", "Beta", "ALPHABET")]
    found = table_of_records(KINDS["invoice"], rows, {}, "en")
    assert [one.record_id for one in found.holding(" alpha ").records] == ["ALPHABET", "Alpha"]
    assert found.holding("").rows == found.rows
    assert found.holding("gamma").rows == ()


def test_a_heading_has_its_unit_once() -> None:
    fields = KINDS["vehicle_book"].fields
    assert title_of(fields["displacement_l"], "en") == "Displacement (L)"
    assert title_of(fields["price"], "en") == "Price (yuan)"


@pytest.mark.parametrize(
    ("given_name", "name"),
    [("C:\\books\\bills.xlsx", "bills.xlsx"), ("../../etc/passwd", "passwd"), ("", "file"), ("a\x00b\n.csv", "ab.csv")],
)
def test_a_file_is_known_by_its_plain_name(given_name: str, name: str) -> None:
    assert plain_name(given_name) == name
